"""Live checks as records: runs, checks, attempts, workers; the tasks that run them."""
