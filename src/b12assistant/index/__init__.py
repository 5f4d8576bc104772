"""The index of a corpus: vectors, tokens, terms, the store that keeps them, and the indexer."""
