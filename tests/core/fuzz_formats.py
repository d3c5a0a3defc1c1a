"""Mutates samples and feeds every reader: nothing may be raised, nothing may run long.

`python -m tests.core.fuzz_formats --count N --seed S` prints the counts; the tests run a small
fixed sample of it.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from dicomcfg.core.findings import has_errors
from dicomcfg.core.formats import registry

SAMPLES = Path(__file__).parent / "samples"
PIECES = (
    b"\\",
    b";",
    b",",
    b"\t",
    b'"',
    b"\r",
    b"\n",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"1.2.840.10008.1.2",
    b"AE Title",
    b"Port",
    b"65536",
    b"::1",
    b"{",
    b"]",
    b'"aes"',
    b"1e999",
    b"'=",
    b"\xe2\x80\xa8",
    b"#",
)


def seeds() -> list[bytes]:
    """Our samples, and each of them in every format that can be written."""
    files = [path.read_bytes() for path in sorted(SAMPLES.iterdir())]
    written = [
        registry.write(registry.read(data), name).text.encode()
        for data in files
        for name in registry.FORMATS
    ]
    return files + written


def mutants(count: int, seed: int) -> Iterator[bytes]:
    """`count` damaged inputs, always the same for one seed."""
    chance = random.Random(seed)
    originals = seeds()
    for _ in range(count):
        data = bytearray(chance.choice(originals))
        for _ in range(chance.randint(1, 8)):
            at = chance.randint(0, len(data))
            end = min(len(data), at + chance.randint(0, 12))
            action = chance.randrange(5)
            if action == 0:
                data[at:end] = b""
            elif action == 1:
                data[at:at] = chance.choice(PIECES)
            elif action == 2:
                data[at:end] = chance.randbytes(end - at)
            elif action == 3:
                data[at:at] = data[at:end] * chance.randint(1, 40)
            else:
                other = chance.choice(originals)
                data[at:end] = other[: chance.randint(0, len(other))]
        yield bytes(data)


def run(count: int, seed: int) -> dict[str, int]:
    """Read every mutant, as detected and as each format; counts by format and by verdict."""
    counts: Counter[str] = Counter()
    for data in mutants(count, seed):
        for name in (None, *registry.FORMATS):
            document = registry.read(data, name="fuzz.txt", format=name)
            json.dumps([finding.to_json() for finding in document.findings]).encode()
            verdict = "errors" if has_errors(document.findings) else "clean"
            counts[f"{name or 'detected'} {verdict}"] += 1
            if name is None:
                counts[f"detected as {document.format}"] += 1
                if not has_errors(document.findings):
                    registry.write(document, "dicomcfg-json").text.encode()
    return dict(counts)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began = time.perf_counter()
    counts = run(arguments.count, arguments.seed)
    elapsed = time.perf_counter() - began
    for name, number in sorted(counts.items()):
        print(f"{number:>10,}  {name}")
    print(f"{arguments.count:,} inputs, seed {arguments.seed}, nothing raised, {elapsed:.1f} s")


if __name__ == "__main__":
    main()
