"""Show answers and sources as text, JSON, HTML and terminal output. Nothing is decided here."""
