"""The command line, and the tools for other assistants."""
