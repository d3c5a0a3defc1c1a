"""YAML with the line of every value, within bounds, without tags.

Built from the parser's events: nothing is constructed, nothing recurses, and what aliases expand
to is counted before anybody walks through it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

import yaml

MAXIMUM_NODES: Final = 100_000
MAXIMUM_DEPTH: Final = 50
# The same events from the C library where PyYAML was built with it.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Data: TypeAlias = "str | dict[str, YamlNode] | list[YamlNode]"


@dataclass(slots=True)
class YamlNode:
    """A value and its line; every scalar is a text.

    `text_line` is the line of a scalar's own text and None where its lines are not the file's
    (folded or quoted). `weight` counts the nodes that it expands to and `height` their levels.
    """

    data: Data
    line: int
    text_line: int | None = None
    weight: int = 1
    height: int = 1

    def members(self) -> dict[str, YamlNode]:
        """The members of a mapping, merge keys applied; nothing for any other value."""
        if not isinstance(self.data, dict):
            return {}
        merged: dict[str, YamlNode] = {}
        below = self.data.get("<<")
        if below is not None:
            for each in below.data if isinstance(below.data, list) else [below]:
                if isinstance(each, YamlNode):
                    merged = {**each.members(), **merged}
        return {**merged, **{k: v for k, v in self.data.items() if k != "<<"}}

    def items(self) -> list[YamlNode]:
        """The items of a sequence, nothing for any other value."""
        return self.data if isinstance(self.data, list) else []


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text cannot be read: a finding's code, the end of a sentence, the line."""

    code: str
    message: str
    line: int


@dataclass(slots=True)
class Parsed:
    """The first document of a text as far as it could be read, and what is wrong with it."""

    root: YamlNode | None = None
    problem: Problem | None = None
    repeated: list[tuple[str, int]] = field(default_factory=list)


class _Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class _Frame:
    node: YamlNode
    anchor: str | None
    name: str | None = None


def parse(text: str) -> Parsed:
    """Read the first document; nothing is raised."""
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if event.start_mark is not None:
                builder.line = event.start_mark.line + 1
            builder.take(event)
            if isinstance(event, yaml.DocumentEndEvent):
                break
    except _Refused as refused:
        builder.parsed.problem = Problem(refused.code, str(refused), builder.line)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else builder.line
        what = getattr(error, "problem", None) or "it cannot be read"
        builder.parsed.problem = Problem("yaml-malformed", f"is not YAML: {what}", line)
    except (RecursionError, ValueError):
        message = "is not YAML that can be read"
        builder.parsed.problem = Problem("yaml-malformed", message, builder.line)
    return builder.parsed


class _Builder:
    def __init__(self) -> None:
        self.parsed = Parsed()
        self.line = 1
        self._stack: list[_Frame] = []
        self._anchors: dict[str, YamlNode] = {}
        self._count = 0

    def take(self, event: yaml.Event) -> None:
        """One event. Raises _Refused."""
        if isinstance(event, yaml.AliasEvent):
            known = self._anchors.get(event.anchor or "")
            if known is None:
                message = "uses an alias before what it stands for has ended"
                raise _Refused("yaml-alias", message)
            self._put(known)
        elif isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event)
            self._keep(self._scalar(event), event.anchor)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._refuse_tag(event)
            if len(self._stack) >= MAXIMUM_DEPTH:
                raise _Refused("yaml-too-deep", f"nests deeper than {MAXIMUM_DEPTH} levels")
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            node = YamlNode({} if is_mapping else [], self.line)
            self._stack.append(_Frame(node, event.anchor))
        elif isinstance(event, yaml.CollectionEndEvent):
            frame = self._stack.pop()
            self._keep(frame.node, frame.anchor)

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.tag not in (None, "!"):
            raise _Refused("yaml-tag", f"has the tag {event.tag!r}, which is not followed")

    def _scalar(self, event: yaml.ScalarEvent) -> YamlNode:
        # The text of a literal block begins a line below its mark.
        text_line = self.line + 1 if event.style == "|" else None
        if text_line is None and "\n" not in event.value and event.style != ">":
            text_line = self.line
        return YamlNode(event.value, self.line, text_line)

    def _keep(self, node: YamlNode, anchor: str | None) -> None:
        self._count += 1
        if self._count > MAXIMUM_NODES:
            raise _Refused("yaml-too-large", f"holds more than {MAXIMUM_NODES:,} values")
        if anchor is not None:
            self._anchors[anchor] = node
        self._put(node)

    def _put(self, node: YamlNode) -> None:
        if not self._stack:
            self.parsed.root = self.parsed.root or node
            return
        frame = self._stack[-1]
        frame.node.weight += node.weight
        frame.node.height = max(frame.node.height, node.height + 1)
        if frame.node.height > MAXIMUM_DEPTH:
            raise _Refused("yaml-too-deep", f"expands to more than {MAXIMUM_DEPTH} levels")
        if frame.node.weight > MAXIMUM_NODES:
            raise _Refused("yaml-too-large", f"expands to more than {MAXIMUM_NODES:,} values")
        if isinstance(frame.node.data, list):
            frame.node.data.append(node)
        elif frame.name is None:
            if not isinstance(node.data, str):
                raise _Refused("yaml-malformed", "has a list or a mapping as a name")
            frame.name = node.data
        else:
            self._member(frame.node, frame.name, node)
            frame.name = None

    def _member(self, mapping: YamlNode, name: str, node: YamlNode) -> None:
        if isinstance(mapping.data, dict):
            if name in mapping.data and len(self.parsed.repeated) < 1_000:
                self.parsed.repeated.append((name, node.line))
            mapping.data[name] = node
