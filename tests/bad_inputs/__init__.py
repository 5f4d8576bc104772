"""Bad input files, each with its expected end."""
