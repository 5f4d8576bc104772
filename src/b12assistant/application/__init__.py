"""Open a workspace and use it: ask, export, catalogue, batch, health."""
