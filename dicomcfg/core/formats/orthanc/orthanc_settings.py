"""The settings of one Orthanc, wherever they stand, and what is noticed while they are read.

They stand in files of the JSON dialect, in several files of a folder, or in the environment of a
container; the reading of modalities and titles is the same for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from dicomcfg.core.findings import Finding, Severity, has_errors
from dicomcfg.core.formats.bounded import Findings, Placed
from dicomcfg.core.formats.orthanc.orthanc_names import OPTIONS, meant
from dicomcfg.core.formats.syntax.json_text import UNSET, Node, Parsed
from dicomcfg.core.formats.text import clip

MAXIMUM_VARIABLES: Final = 100_000
MAXIMUM_GUESSES: Final = 300
REFUSES: Final = "Orthanc refuses to start with this file: "
# Names and unquoted values on one line; Orthanc takes what spans lines too, which nobody writes.
_VARIABLE: Final = re.compile(
    r"\$\{([^:{}\n]{0,200}+)"
    r"(?::-(?:\"([^\"\n]{0,500}+)\"|'([^'\n]{0,500}+)'|([^'\"{}\n]{0,500}+)))?\}"
)
_COMMENTS: Final = re.compile(
    r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|(//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)'
)


@dataclass(frozen=True, slots=True)
class Setting:
    """A top-level setting: its value, and which of several files holds it (None: the first)."""

    node: Node
    file: str | None = None


class Report(Findings):
    """Findings in the order they were made.

    `file` is which of several they are about, `refuses` begins what is said about what Orthanc
    does not start with.
    """

    def __init__(self) -> None:
        super().__init__()
        self.file: str | None = None
        self.refuses = REFUSES
        self._guesses = 0

    def placed(self, finding: Finding, at: int | Placed | None) -> Finding:
        """With the file that it is about."""
        return replace(super().placed(finding, at), file=finding.file or self.file)

    def meant(self, name: str, known: tuple[str, ...]) -> str | None:
        """The known name that another one is mistyped from; no more than some are guessed."""
        self._guesses += 1
        return meant(name, known) if self._guesses <= MAXIMUM_GUESSES else None

    def error(self, code: str, subject: str, line: int, message: str, remedy: str = "") -> None:
        """What is meant is not sure."""
        self.say(code, Severity.ERROR, shown(subject), message, remedy, line)

    def warning(self, code: str, subject: str, line: int, message: str, remedy: str = "") -> None:
        """What is meant is sure, and something is to be said about it."""
        self.say(code, Severity.WARNING, shown(subject), message, remedy, line)

    def info(self, code: str, subject: str, line: int, message: str, remedy: str = "") -> None:
        """Nothing needs doing."""
        self.say(code, Severity.INFO, shown(subject), message, remedy, line)

    def refused(
        self, subject: str, line: int, why: str, *, is_sure: bool, remedy: str = ""
    ) -> None:
        """Orthanc does not start with it; `is_sure` says that it can be read all the same."""
        tell = self.warning if is_sure else self.error
        tell("orthanc-refuses", subject, line, f"{self.refuses}{why}")

    def checked(self, found: Iterable[Finding], line: int) -> bool:
        """Keep what a check of a value found; whether the value can be taken."""
        findings = list(found)
        self.keep(findings, line)
        return not has_errors(findings)


def shown(text: str) -> str:
    """A foreign text short and printable."""
    return clip(repr(text.replace(UNSET, "${...}"))[1:-1])


def substituted(text: str, report: Report, first_line: int = 1) -> str:
    """The text with variables replaced as Orthanc does it, without an environment.

    A default is taken; where there is none UNSET stands. Nothing is said about comments.
    """
    if "${" not in text:
        return text
    comments = [found.span(1) for found in _COMMENTS.finditer(text) if found[1]]
    line, counted, comment = first_line, 0, 0

    def put(match: re.Match[str]) -> str:
        nonlocal line, counted, comment
        at = match.start()
        while comment < len(comments) and comments[comment][1] <= at:
            comment += 1
        line += text.count("\n", counted, at)
        counted = at
        default = next((each for each in match.groups()[1:] if each is not None), None)
        is_commented = comment < len(comments) and at >= comments[comment][0]
        if not is_commented:
            _tell_variable(match[1], default, line, report)
        return UNSET if default is None else default

    return _VARIABLE.sub(put, text, count=MAXIMUM_VARIABLES)


def _tell_variable(name: str, default: str | None, line: int, report: Report) -> None:
    if default is None:
        message = f"The value comes from {shown(name)} in Orthanc's environment, which is not known"
        message += " here; Orthanc takes nothing where it is not set."
        remedy = "Put the value in its place where it is one of the AE table."
        report.warning("variable-unset", name, line, message, remedy)
    else:
        message = f"The default {shown(default)!r} of the variable {shown(name)} is taken."
        remedy = "Put the value in its place if Orthanc's environment says another."
        report.info("variable-default", name, line, message, remedy)


def settings_of(parsed: Parsed, report: Report, *, file: str | None = None) -> dict[str, Setting]:
    """The top-level settings of one text, after saying what is wrong with the text."""
    problem, root = parsed.problem, parsed.root
    if problem is not None:
        message = f"{REFUSES}the JSON {problem.message}."
        report.error("json-malformed", "file", problem.line, message)
    for name, line, first in parsed.repeated:
        message = f"{shown(name)} stands in line {first} already; Orthanc takes the last one only."
        report.warning("json-name-repeated", name, line, message, "Remove one of the two.")
    if root is None:
        return {}
    if not isinstance(root.data, dict):
        report.refused("file", root.line, "it is no object { ... }.", is_sure=False)
        return {}
    return {name: Setting(node, file) for name, node in root.data.items()}


def tell_unknown(settings: dict[str, Setting], report: Report) -> None:
    """A warning for each option that looks mistyped; others may belong to a plugin."""
    for name, setting in settings.items():
        if name in OPTIONS or (likely := report.meant(name, OPTIONS)) is None:
            continue
        report.file = setting.file
        message = f"Orthanc knows no option {shown(name)}, and ignores it without a word."
        remedy = f"If {likely} is meant, write it so: capitals count."
        report.warning("orthanc-key-ignored", name, setting.node.line, message, remedy)
    report.file = None
