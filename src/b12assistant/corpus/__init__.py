"""A folder of documents and what its curators say of them: source facts, disputes, switched-off passages, passages."""
