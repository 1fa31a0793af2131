"""The link to a sheet of codes: which sheet, and who asked. The sheet itself runs out."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.settings import Settings
from liff.signed import read_signed, sign

SALT = "liff.codes"


@dataclass(frozen=True, slots=True)
class CodeLink:
    """A sheet and the member of staff who may print it."""

    staff_id: UUID
    sheet_id: UUID


def seal_link(settings: Settings, staff_id: UUID, sheet_id: UUID) -> str:
    """Return the token of the link."""
    return sign(settings, SALT, [str(staff_id), str(sheet_id)])


def open_link(settings: Settings, token: str) -> CodeLink:
    """Return what a link is for. Raises AccessError 404 for a forged one."""
    return read_signed(settings, SALT, token, _read, missing="no_such_sheet")


def _read(whole: Any) -> CodeLink:
    staff_id, sheet_id = whole
    return CodeLink(UUID(staff_id), UUID(sheet_id))
