"""Open a workspace and use it: ask, export, batch, health."""
