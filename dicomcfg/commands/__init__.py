"""One command of the command line a module; shared parts in `live`, `output` and `files`."""
