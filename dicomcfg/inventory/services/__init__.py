"""What changes the inventory: one module a subject, one transaction and one ChangeSet an act."""
