import warnings

# On some processors BLAS also reports what it met beyond the ends of small operands (numpy issue 24067). Finite numbers
# go in and come out, and nobody could do anything about it.
warnings.filterwarnings("ignore", r".* encountered in matmul", RuntimeWarning, r"b12assistant\.")
