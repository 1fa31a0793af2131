"""What may be wrong with a roster file: codes of ours, with the place and what stands there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import InputError


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a row, or with the file (`row` None), as a code.

    `row` counts from 1 as spreadsheets do, the header included; `column` is our field's name.
    `found` helps the person who corrects it and never holds a whole identity number.
    """

    row: int | None
    column: str | None
    code: str
    found: str = ""


class RosterError(InputError):
    """Refuse the whole file; `faults` names everything that is wrong, in the order of rows.

    `rows` are those that could be read, where only some cells could not.
    """

    def __init__(self, faults: Sequence[Fault], rows: Sequence[Any] = ()) -> None:
        super().__init__("roster")
        self.faults = sorted(faults, key=lambda fault: fault.row or 0)
        self.rows = rows


def refuse(code: str, found: str = "") -> RosterError:
    """Return the refusal of a file for one reason that is no row's."""
    return RosterError([Fault(None, None, code, found)])
