"""Discoveries: the matrix of what a peer accepts, and what to do with it."""
