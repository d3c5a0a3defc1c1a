"""Live checks: one kind a file, (target, deadline) -> Observation; never raises for a peer."""
