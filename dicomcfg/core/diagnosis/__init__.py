"""From what happened on the wire to what it means: replayable, without I/O."""
