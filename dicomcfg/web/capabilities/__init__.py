"""Transfer Capabilities of an AE."""
