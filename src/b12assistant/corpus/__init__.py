"""A folder of documents with what its curators wrote about them: source facts, disputes, questions."""
