"""The AE table: does it slow down with 10,000 AEs and 1,000,000 stored checks, and what does it
cost beside a bare Django list of the same rows?

On the embedded default, in a folder of its own. Times are of the whole request on the server:
middleware, session, queries, template.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.figures import Figure, duration, measure_in_turns, ratio, report
from benchmarks.home import fresh_home

FEW, MANY, CHECKS = 100, 10_000, 1_000_000
PAGES = {
    "first page": "/aes/",
    "sorted by last check": "/aes/?sort=latest",
    "searched": "/aes/?q=room",
    "filtered by outcome": "/aes/?outcome=success",
}


def figures() -> Iterator[Figure]:
    """Ask for the same pages of two stores in turns."""
    from django.core.management import call_command

    from benchmarks.asking import asker
    from benchmarks.inventory_rows import add_aes, add_checks
    from benchmarks.stores import copied_store, using

    call_command("collectstatic", interactive=False, verbosity=0)
    ask = asker()
    add_aes(FEW)
    few, many = copied_store("many.sqlite3")
    with using(many):
        add_aes(MANY)
        add_checks(CHECKS)
    requests = [using(store)(ask(address)) for store in (few, many) for address in PAGES.values()]
    samples = measure_in_turns(*requests)
    for page, small, large in zip(PAGES, samples, samples[len(PAGES) :], strict=False):
        yield duration(f"AE table, {MANY:,} AEs: {page}", large)
        bound = 1.5 if page == "first page" else None
        yield ratio(f"... beside {FEW} AEs", large, small, at_most=bound)
    with using(many):
        yield from _beside_a_bare_list(ask)


def _beside_a_bare_list(ask: Callable[[str], Callable[[], None]]) -> Iterator[Figure]:
    """The bound holds against the bare view by itself, which is spared session and middleware."""
    from django.test import RequestFactory

    from benchmarks.bare import bare_list

    request = RequestFactory().get("/bare/")
    ours, bare, behind = measure_in_turns(ask("/aes/"), lambda: bare_list(request), ask("/bare/"))
    yield duration(f"a bare Django list of {MANY:,} AEs", bare)
    yield ratio("AE table beside the bare list", ours, bare, at_most=8)
    yield ratio("... with both behind the same middleware", ours, behind)


def main() -> None:
    """Measure in a temporary home."""
    with fresh_home():
        from django.conf import settings

        settings.ROOT_URLCONF = "benchmarks.bare"
        settings.ALLOWED_HOSTS = ["testserver"]
        report(figures())


if __name__ == "__main__":
    main()
