"""Sites, devices, AEs, associations and the history of their changes."""
