"""An answer and its sources as words, JSON, HTML, and terminal output. Decides nothing."""
