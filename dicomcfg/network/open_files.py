"""How many files, and so connections, this process may have open."""

from __future__ import annotations

import contextlib
import resource


def allow_open_files(count: int) -> None:
    """Raise the soft limit to `count` where it is lower, as far as the system allows.

    Shells start processes with 1,024, which a thousand associations with what else is open exceed.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
