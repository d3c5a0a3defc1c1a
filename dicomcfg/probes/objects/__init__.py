"""Data sets made here for find and store: test objects, query identifiers, and their encoding."""
