"""The Document itself: as JSON, as YAML, and its JSON Schema."""
