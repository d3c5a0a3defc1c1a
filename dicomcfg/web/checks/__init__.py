"""Check runs, checks and what they saw."""
