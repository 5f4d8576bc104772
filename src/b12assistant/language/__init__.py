"""Language below meaning: sentences, folding, spelling, numbers with their units, the vocabulary."""
