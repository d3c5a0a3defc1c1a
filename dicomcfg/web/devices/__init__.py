"""Devices, and the sheets that vendors are handed."""
