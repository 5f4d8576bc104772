"""Files with words that nobody sees, and with words that somebody does, however odd their dress."""
