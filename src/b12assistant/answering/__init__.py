"""From a question to quotes: interpretation, candidates, late interaction, refusal, sides that differ."""
