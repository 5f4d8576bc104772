"""An opened workspace and what can be done with it: ask, export, pack, catalogue, batch, health."""
