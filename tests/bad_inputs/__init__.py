"""Bad inputs as files, each with the end it must come to (docs/reference/stress.md)."""
