"""What applying files would do: records of the files beside what is stored, row by row."""
