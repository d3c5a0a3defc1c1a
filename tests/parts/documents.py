"""Documents as an inventory holds them, for what every format has to carry or to name as lost.

`documents()` draws realistic ones: devices, AEs with shared titles, addresses of all kinds, texts
that some grammar stumbles over, capabilities, associations and profiles. `FIXED` are a few that
are always tried.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from hypothesis import strategies as st

from dicomcfg.core.records import (
    Ae,
    Association,
    Connection,
    Device,
    Document,
    ExtendedNegotiation,
    PresentationContext,
    Profile,
    RoleSelection,
    TransferCapability,
)
from dicomcfg.core.standard import uids

TITLES: Final = ("CT1", "PACS", "MR 2", "store-scp", "X_RAY.3", "A", "ABCDEFGHIJKLMNOP", "#1", "7T")
HOSTS: Final = (
    *("10.0.0.5", "192.168.17.254", "fe80::1", "2001:db8::17", "::1"),
    *("ct1", "pacs.hospital.example", "xn--mnchen-3ya.example", "a-b.c-d.example"),
)
PORTS: Final = (104, 11112, 4242, 2762, 1, 65535)
TEXTS: Final = (
    *("CT of the emergency room", "Zürich, 2. Stock", "日本語の説明", "x"),
    *('says "hello", twice', "it's", "a;b|c\\d", "\\", "C:\\dicom\\in", "50% & <b>more</b>"),
    *("=SUM(A1:A9)", "+1", "-1", "@x", "'=1", "# not a comment", "// nor this", "${HOME}"),
    *("key = value", "[section]", "a: b", "{}", "]]>", "--", "null", "true", "0104", "1e5"),
)
LINES: Final = ("first line\nsecond line", "a\n\nb", "end\n# of it", "tab\there")
TAGS: Final = ("ct", "night shift", "a,b", 'q"q', "é", "x;y", "#t", "=1", "a|b")
TLS: Final = ("default", "bcp195", "Hospital CA")
PRIVATE: Final = (
    "1.2.3.4.5",
    "1.3.12.2.1107.5.9.1",
    "2.25.329800735698586629295641978511506172918",
)
SYNTAXES: Final = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.5",
    "1.2.840.113619.5.2",
)
_EVERY_CLASS: Final = tuple(
    entry.uid
    for entry in uids.registry().values()
    if entry.kind in uids.ABSTRACT_SYNTAX and entry.usable and not entry.retired
)
CLASSES: Final = (*_EVERY_CLASS[:4], *_EVERY_CLASS[10::17], *PRIVATE)


def _text(*, lines: bool = False) -> st.SearchStrategy[str]:
    """What a person types: no control characters, no spaces around."""
    letters = st.characters(categories=("L", "N", "P", "S", "Zs"))
    drawn = st.text(letters, max_size=12).map(lambda text: " ".join(text.split()))
    return st.one_of(st.just(""), st.sampled_from(TEXTS + (LINES if lines else ())), drawn)


def _unique(texts: st.SearchStrategy[str], most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(texts.filter(bool), max_size=most, unique_by=str.casefold)


_STATES: Final = st.sampled_from(("live", "live", "planned", "retired"))
_SYNTAX_LISTS: Final = st.lists(st.sampled_from(SYNTAXES), min_size=1, max_size=4, unique=True).map(
    tuple
)


@st.composite
def _devices(draw: st.DrawFn) -> tuple[Device, ...]:
    return tuple(
        Device(
            key=name,
            name=name,
            manufacturer=draw(_text()),
            model_name=draw(_text()),
            software_version=draw(_text()),
            station_name=draw(_text()),
            department=draw(_text()),
            location=draw(_text()),
            state=draw(_STATES),
            description=draw(_text(lines=True)),
            contact=draw(_text(lines=True)),
        )
        for name in draw(_unique(_text(), 3))
    )


@st.composite
def _contexts(draw: st.DrawFn) -> tuple[PresentationContext, ...]:
    """Mostly one context a class, sometimes a class in several; seldom nearly all of them."""
    once = draw(st.integers(0, 4)) > 0
    chosen = draw(st.lists(st.sampled_from(CLASSES), max_size=6, unique=once))
    if draw(st.integers(0, 30)) == 30:
        chosen = list(_EVERY_CLASS[:140])
    return tuple(PresentationContext(uid, draw(_SYNTAX_LISTS)) for uid in chosen)


@st.composite
def _negotiated(draw: st.DrawFn) -> dict[str, Any]:
    """Contexts with role selections and extended negotiation for some of their classes."""
    contexts = draw(_contexts())
    classes = list(dict.fromkeys(context.abstract_syntax for context in contexts))
    some = st.lists(st.sampled_from(classes), max_size=3, unique=True) if classes else st.just([])
    bits = st.sampled_from(((True, True), (False, True), (True, False)))
    information = st.binary(min_size=1, max_size=6).map(bytes.hex)
    return {
        "presentation_contexts": contexts,
        "role_selections": tuple(RoleSelection(uid, *draw(bits)) for uid in draw(some)),
        "extended_negotiations": tuple(
            ExtendedNegotiation(uid, draw(information)) for uid in draw(some)
        ),
    }


@st.composite
def _profiles(draw: st.DrawFn) -> tuple[Profile, ...]:
    names = draw(_unique(_text(), 3))
    return tuple(
        Profile(name, description=draw(_text(lines=True)), **draw(_negotiated())) for name in names
    )


@st.composite
def _connections(draw: st.DrawFn, number: int) -> tuple[Connection, ...]:
    """Up to three; the first of them is this AE's alone, so that shared titles stay apart."""
    tls = st.one_of(st.none(), st.none(), st.sampled_from(TLS))
    made = [
        Connection(draw(st.sampled_from(HOSTS)), draw(st.sampled_from(PORTS)), draw(tls))
        for _ in range(draw(st.integers(0, 3)))
    ]
    made[:1] = [replace(first, port=20_000 + number) for first in made[:1]]
    return tuple({(each.hostname, each.port): each for each in made}.values())


@st.composite
def _capabilities(draw: st.DrawFn) -> tuple[TransferCapability, ...]:
    pairs = st.tuples(st.sampled_from(CLASSES), st.sampled_from(("SCU", "SCP")))
    chosen = draw(st.lists(pairs, max_size=4, unique=True))
    return tuple(TransferCapability(*pair, draw(_SYNTAX_LISTS)) for pair in chosen)


@st.composite
def _ae(draw: st.DrawFn, number: int, devices: list[str], profiles: list[str]) -> Ae:
    follows = draw(st.sampled_from((None, None, *profiles)))
    most = st.one_of(st.none(), st.none(), st.integers(1, 50))
    return Ae(
        key="",
        ae_title=draw(st.sampled_from(TITLES)),
        site=draw(st.sampled_from((None, None, "Main", "Haus 2, Süd"))),
        device=draw(st.sampled_from((None, *devices))),
        description=draw(_text(lines=True)),
        state=draw(_STATES),
        tags=tuple(draw(st.lists(st.sampled_from(TAGS), max_size=3, unique=True))),
        do_not_probe=draw(st.one_of(st.none(), st.none(), _text().filter(bool))),
        association_initiator=draw(st.booleans()),
        association_acceptor=draw(st.booleans()),
        connections=draw(_connections(number)),
        transfer_capabilities=draw(_capabilities()),
        allowed_probes=draw(st.sampled_from(((), (), ("find",), ("find", "store")))),
        profile=follows,
        profile_role=follows and draw(st.sampled_from(("SCU", "SCP"))),
        maximum_associations_in=draw(most),
        maximum_associations_out=draw(most),
    )


def _keyed(aes: list[Ae]) -> tuple[Ae, ...]:
    """Their keys as readers give them; of AEs that nothing tells apart the first stays."""
    titles = [ae.ae_title for ae in aes]
    keyed: dict[str, Ae] = {}
    for ae in aes:
        places = "".join(f" @ {each.hostname}:{each.port}" for each in ae.connections[:1])
        key = ae.ae_title + (places if titles.count(ae.ae_title) > 1 else "")
        keyed.setdefault(key, replace(ae, key=key))
    return tuple(keyed.values())


@st.composite
def _associations(draw: st.DrawFn, keys: list[str], names: list[str]) -> tuple[Association, ...]:
    if not keys:
        return ()
    pairs = st.tuples(st.sampled_from(keys), st.sampled_from(keys))
    return tuple(
        Association(
            *pair,
            name=draw(_text()),
            description=draw(_text(lines=True)),
            profile=draw(st.sampled_from((None, None, *names))),
            associations_at_once=draw(st.sampled_from((1, 1, 4))),
            **draw(_negotiated()),
        )
        for pair in draw(st.lists(pairs, max_size=3, unique=True))
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any Document that an inventory could give."""
    devices, profiles = draw(_devices()), draw(_profiles())
    names = [profile.name for profile in profiles]
    numbers = range(draw(st.integers(0, 5)))
    aes = _keyed([draw(_ae(n, [each.key for each in devices], names)) for n in numbers])
    pairs = draw(_associations([ae.key for ae in aes], names))
    return Document("test", devices=devices, aes=aes, associations=pairs, profiles=profiles)


_CT, _VERIFICATION = "1.2.840.10008.5.1.4.1.1.2", uids.VERIFICATION
_IMPLICIT, _EXPLICIT, _BASELINE = SYNTAXES[0], SYNTAXES[1], "1.2.840.10008.1.2.4.50"
_BOTH: Final = (
    PresentationContext(_VERIFICATION, (_IMPLICIT,)),
    PresentationContext(_CT, (_BASELINE, _EXPLICIT, _IMPLICIT)),
)
PLAIN: Final = Document(
    "test",
    devices=(Device("scanner", "scanner", "Acme", location="Room 3"),),
    aes=(
        Ae("CT1", "CT1", device="scanner", connections=(Connection("10.0.0.5", 104),)),
        Ae("PACS", "PACS", connections=(Connection("pacs.example", 11112),)),
    ),
)
SHARED: Final = Document(
    "test",
    aes=(
        Ae("CT1 @ a.example:104", "CT1", connections=(Connection("a.example", 104),)),
        Ae("CT1 @ fe80::1:104", "CT1", connections=(Connection("fe80::1", 104, "default"),)),
        Ae("ECHO", "ECHO", association_acceptor=False),
    ),
    associations=(Association("ECHO", "CT1 @ fe80::1:104", "echo", "", None, _BOTH[:1]),),
)
NEGOTIATED: Final = Document(
    "test",
    profiles=(
        Profile(
            "Default",
            _BOTH,
            (RoleSelection(_CT, scu=True, scp=True),),
            (ExtendedNegotiation(_CT, "0101"),),
            "All that we send",
        ),
        Profile("Only Echo", _BOTH[:1]),
    ),
)
MANY: Final = Document(
    "test",
    profiles=(
        Profile("many", tuple(PresentationContext(u, (_IMPLICIT,)) for u in _EVERY_CLASS[:150])),
    ),
)
REPEATED: Final = Document(
    "test",
    profiles=(
        Profile(
            "one syntax each",
            tuple(PresentationContext(_CT, (syntax,)) for syntax in SYNTAXES[:3]),
        ),
    ),
)
ODD: Final = Document(
    "test",
    devices=tuple(Device(text, text, contact=text) for text in TEXTS),
    aes=tuple(
        Ae(f"AE{n}", f"AE{n}", device=text, description=text, tags=(text,))
        for n, text in enumerate(TEXTS)
    ),
    profiles=tuple(Profile(text, _BOTH, description=text) for text in TEXTS),
)
CAPABLE: Final = Document(
    "test",
    aes=(
        Ae(
            "ARCHIVE",
            "ARCHIVE",
            connections=(Connection("10.1.1.1", 104), Connection("10.1.1.2", 2762, "default")),
            transfer_capabilities=(
                TransferCapability(_CT, "SCP", (_BASELINE, _EXPLICIT, _IMPLICIT)),
                TransferCapability(_CT, "SCU", (_IMPLICIT,)),
                TransferCapability(PRIVATE[0], "SCP", (_EXPLICIT, SYNTAXES[-1])),
            ),
        ),
    ),
)
FIXED: Final = {
    "plain": PLAIN,
    "shared": SHARED,
    "negotiated": NEGOTIATED,
    "many": MANY,
    "repeated": REPEATED,
    "odd": ODD,
    "capable": CAPABLE,
}
