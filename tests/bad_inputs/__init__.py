"""Bad input files, each with its expected end (docs/reference/stress.md)."""
