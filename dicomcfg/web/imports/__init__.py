"""Imports of files and pasted tables."""
