"""An opened workspace and what can be done with it: ask, export, pack, library, batch, rebuild, health."""
