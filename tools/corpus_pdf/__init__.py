"""The texts of the corpus's PDFs, and `make.py`, which sets them."""
