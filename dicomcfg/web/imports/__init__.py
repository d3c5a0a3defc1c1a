"""The import page: files are taken in, looked at row by row, and applied as one change."""
