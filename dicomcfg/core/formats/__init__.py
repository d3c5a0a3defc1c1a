"""File formats: one reader or writer a file, registered by name, detected by content."""
