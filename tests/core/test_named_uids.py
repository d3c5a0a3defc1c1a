"""Private UIDs under the names that people gave them: every look-up, lazily, one context alone."""

from __future__ import annotations

import threading

import pytest

from dicomcfg.core.standard import uids
from dicomcfg.core.standard.uid_groups import PRIVATE, family_of
from dicomcfg.core.standard.uids import UidEntry, UidKind, naming, private_entry

CT = "1.2.840.10008.5.1.4.1.1.2"
RAW = private_entry("1.2.3.4", "Acme Raw Storage", UidKind.SOP_CLASS)
WAVELET = private_entry("1.2.3.5", "Acme Wavelet", UidKind.TRANSFER_SYNTAX)


class Loader:
    """Counts how often it is asked."""

    def __init__(self, *entries: UidEntry) -> None:
        self.entries, self.times = entries, 0

    def __call__(self) -> tuple[UidEntry, ...]:
        self.times += 1
        return self.entries


def test_a_private_uid_has_its_name_in_every_look_up() -> None:
    with naming(Loader(RAW, WAVELET)):
        assert uids.lookup("1.2.3.4") == RAW
        assert uids.name_of("1.2.3.4") == uids.short_of("1.2.3.4") == "Acme Raw Storage"
        assert uids.resolve("acme raw storage") == "1.2.3.4"
        assert uids.resolve("ACME-Wavelet", uids.TRANSFER_SYNTAX) == "1.2.3.5"
        assert uids.resolve("Acme Wavelet", uids.ABSTRACT_SYNTAX) is None
        assert uids.search("wavelet") == [WAVELET]
        assert uids.search("1.2.3.", uids.ABSTRACT_SYNTAX)[0] == RAW
        assert uids.private_entries() == (RAW, WAVELET)
        assert RAW.usable and RAW.service == PRIVATE == family_of("1.2.3.5")
    assert uids.lookup("1.2.3.4") is None
    assert uids.resolve("Acme Raw Storage") is None
    assert uids.search("wavelet") == []
    assert uids.private_entries() == ()


def test_names_are_loaded_when_needed_and_once() -> None:
    load = Loader(RAW)
    with naming(load):
        assert uids.name_of(CT) == "CT Image Storage"
        assert uids.resolve("CT Image Storage") == CT
        assert uids.resolve("1.2.3.4") == "1.2.3.4"
        assert family_of("1.2.3.5") == PRIVATE
        assert load.times == 0
        uids.name_of("1.2.3.4")
        uids.name_of("1.2.3.99")
        uids.search("raw")
        assert load.times == 1


def test_the_standard_keeps_its_own_names() -> None:
    with naming(Loader(private_entry(CT, "Something else", UidKind.TRANSFER_SYNTAX))):
        assert uids.name_of(CT) == "CT Image Storage"
        assert uids.resolve("Something else") is None
        assert uids.private_entries() == ()


def test_what_people_call_a_uid_does_not_forbid_its_use() -> None:
    with naming(Loader(WAVELET)):
        assert uids.resolve("1.2.3.5", uids.ABSTRACT_SYNTAX) == "1.2.3.5"


@pytest.mark.parametrize("text", ["", "---", "  "])
def test_a_text_without_letters_names_nothing(text: str) -> None:
    with naming(Loader(RAW)):
        assert uids.resolve(text) is None


def test_the_innermost_names_hold_and_a_thread_starts_without_any() -> None:
    seen = []
    with naming(Loader(RAW)):
        with naming(Loader(WAVELET)):
            assert uids.lookup("1.2.3.4") is None
        thread = threading.Thread(target=lambda: seen.append(uids.lookup("1.2.3.4")))
        thread.start()
        thread.join()
        assert uids.lookup("1.2.3.4") == RAW
    assert seen == [None]


def test_an_error_of_the_loader_is_the_callers_and_may_pass() -> None:
    answers = iter([RuntimeError("away"), (RAW,)])

    def load() -> tuple[UidEntry, ...]:
        answer = next(answers)
        if isinstance(answer, RuntimeError):
            raise answer
        return answer

    with naming(load):
        with pytest.raises(RuntimeError, match="away"):
            uids.lookup("1.2.3.4")
        assert uids.lookup("1.2.3.4") == RAW
