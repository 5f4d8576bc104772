"""The checks of `tools/corpus_check.py`, a module for each question; none depends on the subject of the corpus."""
