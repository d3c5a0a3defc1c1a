"""AEs: the table, one AE, its editing and its checks."""
