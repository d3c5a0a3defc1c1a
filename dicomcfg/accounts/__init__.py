"""Who may do what: set-up, users, roles."""
