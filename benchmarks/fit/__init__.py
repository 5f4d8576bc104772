"""Fit each file of weights that ships; `__main__.py` says how they are called, docs/reference/weights.md which are."""
