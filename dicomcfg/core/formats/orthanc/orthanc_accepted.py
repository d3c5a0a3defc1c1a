"""What Orthanc accepts as SCP: one list of SOP Classes, one of transfer syntaxes for all of them.

Both are about C-STORE; verification, query and retrieve it accepts uncompressed in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from dicomcfg.core.formats.orthanc.orthanc_names import (
    CLASSES,
    GROUPS,
    KNOWN_SYNTAXES,
    REJECTED,
    REJECTED_ONCE,
    SYNTAXES,
    matching,
)
from dicomcfg.core.formats.orthanc.orthanc_settings import Report, Setting, shown
from dicomcfg.core.formats.syntax.json_text import UNSET
from dicomcfg.core.records import TransferCapability
from dicomcfg.core.standard.uids import ABSTRACT_SYNTAX, registry, uid_problem
from dicomcfg.core.wording import counted

MAXIMUM_UIDS: Final = 2_000


def capabilities(settings: Mapping[str, Setting], report: Report) -> tuple[TransferCapability, ...]:
    """The capabilities as SCP; none where the settings name no SOP Class."""
    syntaxes = _accepted_syntaxes(settings, report)
    classes = _accepted_classes(settings, report)
    if classes:
        return tuple(TransferCapability(uid, "SCP", syntaxes) for uid in classes)
    named = next((name for name in (SYNTAXES, *GROUPS) if name in settings), None)
    if named is not None:
        setting = settings[named]
        report.file = setting.file
        message = f"The file names {counted(len(syntaxes), 'transfer syntax')} and no SOP Class: "
        message += "Orthanc accepts every storage class that its version knows, so none is added."
        remedy = "Discover it to learn which they are."
        report.info("orthanc-every-class", named, setting.node.line, message, remedy)
    return ()


def _accepted_syntaxes(settings: Mapping[str, Setting], report: Report) -> tuple[str, ...]:
    accepted = dict.fromkeys(KNOWN_SYNTAXES)
    setting = settings.get(SYNTAXES)
    if setting is not None:
        report.file = setting.file
        accepted = dict.fromkeys(_expanded(SYNTAXES, setting, KNOWN_SYNTAXES, report))
    for option, group in GROUPS.items():
        switch = settings.get(option)
        if switch is not None and switch.node.data is True:
            accepted |= dict.fromkeys(group)
        elif switch is not None and switch.node.data is False:
            accepted = {uid: None for uid in accepted if uid not in group}
    if setting is not None and not accepted:
        message = "No transfer syntax is left that Orthanc knows: it starts, and stores nothing "
        message += "that is sent to it."
        report.warning("orthanc-storage-off", SYNTAXES, setting.node.line, message)
    return tuple(accepted)


def _accepted_classes(settings: Mapping[str, Setting], report: Report) -> tuple[str, ...]:
    """In the order of the list; Orthanc takes the newer spelling of what is rejected first."""
    setting = settings.get(CLASSES)
    if setting is None:
        return ()
    report.file = setting.file
    accepted = dict.fromkeys(_expanded(CLASSES, setting, _storage(), report))
    refused = settings.get(REJECTED) or settings.get(REJECTED_ONCE)
    if refused is not None:
        report.file = refused.file
        for uid in _expanded(REJECTED, refused, tuple(accepted), report, is_loose=True):
            accepted.pop(uid, None)
    return tuple(accepted)


def _expanded(
    name: str,
    setting: Setting,
    known: tuple[str, ...],
    report: Report,
    *,
    is_loose: bool = False,
) -> list[str]:
    """The UIDs that a list of UIDs and patterns stands for; `is_loose` lets one stand for none."""
    data = setting.node.data
    # A single text is taken as a list of one, or as the path of a file with such a list.
    nodes = data if isinstance(data, list) else [setting.node]
    found: list[str] = []
    if len(nodes) > MAXIMUM_UIDS:
        message = f"{name} has {len(nodes):,} values; only {MAXIMUM_UIDS:,} are read."
        report.error("too-many-lines", name, nodes[MAXIMUM_UIDS].line, message)
    for node in nodes[:MAXIMUM_UIDS]:
        text = node.data
        if not isinstance(text, str):
            since = "" if name == SYNTAXES else " (from 1.12.6 on)"
            why = f"{name} must be a list of texts{since}."
            report.refused(name, node.line, why, is_sure=False)
        elif UNSET in text:
            message = f"A value of {name} comes from a variable whose value is not known here."
            report.error("variable-unset", name, node.line, message)
        elif "*" in text or "?" in text:
            those = matching(text, known)
            found += those
            if not those and not is_loose:
                _tell_unknown(name, text, node.line, report)
        elif (problem := uid_problem(text)) is not None and name == SYNTAXES:
            _tell_unknown(name, text, node.line, report)
        elif problem is not None:
            message = f"{shown(text)!r} in {name} {problem}."
            report.error("uid-invalid", text, node.line, message, "Correct it, or remove it.")
        else:
            found.append(text)
            if name == SYNTAXES and text not in known:
                _tell_unknown(name, text, node.line, report)
    return found


def _tell_unknown(name: str, text: str, line: int, report: Report) -> None:
    message = f"{shown(text)} in {name} stands for nothing that Orthanc knows; it is ignored."
    report.warning("orthanc-uid-ignored", text, line, message)


@cache
def _storage() -> tuple[str, ...]:
    return tuple(
        entry.uid
        for entry in registry().values()
        if entry.kind in ABSTRACT_SYNTAX and entry.service == "Storage"
    )
