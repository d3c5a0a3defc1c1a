"""Sweeps: starting many echoes."""
