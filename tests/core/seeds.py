"""What a format's files look like: our samples of it, and Documents written as it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dicomcfg.core.formats import registry
from tests.parts.documents import FIXED

SAMPLES = Path(__file__).parent / "samples"
# A sample of one format damaged for another is no seed: it would only ever be refused.
_LARGEST_BYTES = 8_000


@cache
def seeds_of(name: str) -> tuple[bytes, ...]:
    """The samples named after the format or detected as it, then what its writer makes."""
    chosen = registry.FORMATS[name]
    seeds = []
    for path in sorted(SAMPLES.iterdir()):
        data = path.read_bytes()
        found = registry.detect(data)
        if path.name.startswith(f"{name}-") or (found is not None and found.name == name):
            seeds.append(data)
    if chosen.write is not None:
        written = (registry.write(document, name).data for document in FIXED.values())
        seeds += [data for data in written if data.strip() and len(data) <= _LARGEST_BYTES]
    if not seeds:
        raise ValueError(f"{name} has neither a sample named {name}-* nor a writer")
    return tuple(dict.fromkeys(seeds))
