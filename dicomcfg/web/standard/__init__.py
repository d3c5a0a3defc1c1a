"""The standard at hand: its tables, their entries, private UIDs."""
