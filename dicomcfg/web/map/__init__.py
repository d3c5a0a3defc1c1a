"""The map and the matrix of who calls whom."""
