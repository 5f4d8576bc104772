"""Language below meaning: sentences, folding, spelling, identifiers, numbers with their units, the vocabulary."""
