"""Products whose files are lists of nodes: one reader or writer a file."""
