"""The keys by which a Document tells its AEs apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from dicomcfg.core.records import Ae
from dicomcfg.core.standard.endpoint import endpoint


def unique_keys(aes: Sequence[Ae]) -> tuple[Ae, ...]:
    """The same AEs with the key that a Document gives each.

    That is its title where no other AE bears it, else `TITLE @ host:port` with every connection;
    ` #2` and on where even that is taken.
    """
    bearers = Counter(ae.ae_title for ae in aes)
    taken = {title for title, number in bearers.items() if number == 1}
    tried: Counter[str] = Counter()
    keyed = []
    for ae in aes:
        key = ae.ae_title
        if bearers[key] > 1:
            places = [f" @ {endpoint(each.hostname, each.port)}" for each in ae.connections]
            key = _free("".join([key, *places]), taken, tried)
            taken.add(key)
        keyed.append(replace(ae, key=key))
    return tuple(keyed)


def _free(wanted: str, taken: set[str], tried: Counter[str]) -> str:
    """The key with the next number that is free; each number of a key is tried once."""
    key = wanted
    while key in taken:
        tried[wanted] += 1
        key = f"{wanted} #{tried[wanted] + 1}"
    return key
