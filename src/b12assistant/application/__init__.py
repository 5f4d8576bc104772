"""Open a workspace and use it: ask, export, pack, catalogue, batch, health."""
