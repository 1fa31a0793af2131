"""Read the part of YAML that reads the same for everybody: blocks, and JSON's own values.

Texts are in double quotes, so that no `on`, `no` or `1e3` is taken for something else. Anchors
(`&name`), their use (`*name`) and merging (`<<`) are there as compose files need them.
"""

import json
import re
from typing import Any

KEY = re.compile(r"([A-Za-z_][\w.-]*|<<):(?: +(.*))?")
ANCHOR = re.compile(r"&(\w+)(?: +(.*))?")
Line = tuple[int, str]


class NotPlain(ValueError):
    """A line that this reader, or another one, could take for something else."""


def read_yaml(text: str) -> Any:
    """Return what the text holds. Raises NotPlain."""
    lines: list[Line] = []
    for raw in text.splitlines():
        stripped = raw.lstrip(" ")
        if stripped and not stripped.startswith("#"):
            lines.append((len(raw) - len(stripped), stripped.rstrip()))
    if not lines or lines[0][0]:
        raise NotPlain("begins with nothing, or indented")
    reader = _Reader(lines)
    found = reader.block(0)
    if reader.place != len(lines):
        raise NotPlain(lines[reader.place][1])
    return found


class _Reader:
    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines
        self._anchors: dict[str, Any] = {}
        self.place = 0

    def block(self, indent: int) -> Any:
        """Return the list or mapping that begins here."""
        return (
            self._list(indent) if self._lines[self.place][1].startswith("- ") else self._map(indent)
        )

    def _at(self, indent: int) -> str | None:
        if self.place < len(self._lines) and self._lines[self.place][0] == indent:
            return self._lines[self.place][1]
        return None

    def _list(self, indent: int) -> list[Any]:
        items = []
        while (line := self._at(indent)) is not None and line.startswith("- "):
            inner = line[2:]
            if KEY.fullmatch(inner):
                self._lines[self.place] = (indent + 2, inner)
                items.append(self._map(indent + 2))
            else:
                self.place += 1
                items.append(_scalar(inner))
        return items

    def _map(self, indent: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (line := self._at(indent)) is not None and not line.startswith("- "):
            match = KEY.fullmatch(line)
            if match is None or match[1] in found:
                raise NotPlain(line)
            self.place += 1
            value = self._value(match[2] or "", indent)
            if match[1] == "<<":
                found = {**value, **found}
            else:
                found[match[1]] = value
        return found

    def _value(self, said: str, indent: int) -> Any:
        anchor = ANCHOR.fullmatch(said)
        if anchor:
            self._anchors[anchor[1]] = self._value(anchor[2] or "", indent)
            return self._anchors[anchor[1]]
        if said.startswith("*"):
            return self._anchors[said[1:]]
        if said:
            return _scalar(said)
        if self.place == len(self._lines) or self._lines[self.place][0] <= indent:
            raise NotPlain("a key without a value")
        return self.block(self._lines[self.place][0])


def _scalar(said: str) -> Any:
    if said == "{}":
        return {}
    try:
        value = json.loads(said)
    except ValueError:
        raise NotPlain(said) from None
    if isinstance(value, dict | list):
        raise NotPlain(said)
    return value
