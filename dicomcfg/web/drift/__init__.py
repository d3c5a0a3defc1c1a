"""Drift: what is configured beside what was found."""
