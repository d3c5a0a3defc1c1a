"""The standard's tables: what filtering the data dictionary costs the server.

Times are of the whole request: middleware, session, filter over every row, template.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import Figure, duration, measure_in_turns, report
from benchmarks.home import fresh_home

PAGES = {
    "first page": "/standard/dictionary/",
    "one letter, half of the rows": "/standard/dictionary/?q=e",
    "three words": "/standard/dictionary/?q=image+pixel+us",
    "nothing found": "/standard/dictionary/?q=no-such-element",
    "one letter, sorted by name": "/standard/dictionary/?q=e&sort=-name",
}
FILTER_S = 0.05


def figures() -> Iterator[Figure]:
    """Ask as htmx does while somebody types, in turns."""
    from django.core.management import call_command

    from benchmarks.asking import asker
    from dicomcfg.core.standard.dictionary import dictionary

    call_command("collectstatic", interactive=False, verbosity=0)
    ask = asker(**{"HX-Request": "true"})
    samples = measure_in_turns(*(ask(address) for address in PAGES.values()))
    for page, sample in zip(PAGES, samples, strict=True):
        name = f"filter of {len(dictionary()):,} data elements: {page}"
        yield duration(name, sample, at_most_s=FILTER_S)


def main() -> None:
    """Measure in a temporary home."""
    with fresh_home():
        from django.conf import settings

        settings.ALLOWED_HOSTS = ["testserver"]
        report(figures())


if __name__ == "__main__":
    main()
