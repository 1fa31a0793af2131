"""The sample file: which readers, children and staff codes the gate panel offers."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SampleReader:
    """A reader as the app registered it; `secret` is its `whsec_…`."""

    reader_id: str
    secret: str
    school_code: str
    school_name: str
    gate: str


@dataclass(frozen=True, slots=True)
class SampleStudent:
    """A child of the roster with all facts a guardian would know; all invented."""

    card_uid: str
    name: str
    school_code: str
    school_name: str
    district: str
    level: str
    homeroom: str
    seat_number: str
    student_number: str
    national_id: str
    birth_date: str


@dataclass(frozen=True, slots=True)
class SampleStaff:
    """A one-time code that makes whoever types it staff; name and role are invented."""

    code: str
    name: str
    role: str
    school_name: str


@dataclass(frozen=True, slots=True)
class Sample:
    """All lists; empty when there is no file."""

    readers: tuple[SampleReader, ...] = ()
    students: tuple[SampleStudent, ...] = ()
    staff: tuple[SampleStaff, ...] = ()


class SampleFile:
    """Reads the file again whenever it was written since."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._sample = Sample()

    def read(self) -> tuple[Sample, bool]:
        """Return the sample and whether it is new since the last call.

        A missing file is an empty sample; an unreadable one keeps the last good one.
        """
        stamp = self._look()
        if stamp == self._stamp:
            return self._sample, False
        self._stamp = stamp
        try:
            self._sample = _parse(self._path.read_text(encoding="utf-8")) if stamp else Sample()
        except (ValueError, KeyError, TypeError) as error:
            logger.warning("sample file not understood: %s", error)
            return self._sample, False
        return self._sample, True

    def _look(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


T = TypeVar("T", SampleReader, SampleStudent, SampleStaff)


def _parse(text: str) -> Sample:
    data = json.loads(text)
    return Sample(
        tuple(_pick(SampleReader, row) for row in data["readers"]),
        tuple(_pick(SampleStudent, row) for row in data["students"]),
        tuple(_pick(SampleStaff, row) for row in data.get("staff", ())),
    )


def _pick(kind: type[T], row: dict[str, object]) -> T:
    return kind(**{name: str(row.get(name, "")) for name in kind.__dataclass_fields__})
