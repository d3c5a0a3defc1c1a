"""Profiles, and who follows them."""
