"""AE and context tables: CSV, TSV and workbooks, with columns that people can correct."""
