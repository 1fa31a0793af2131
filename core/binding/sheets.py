"""綁定單: fresh codes sealed on their way to the printer, and shown once."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, col, select

from core.binding.codes import GOOD_FOR, Slip
from core.binding.tables import CodeSheet
from core.crypto import Vault

SLIPS = "code_sheet.slips"
# Long enough to walk to the printer.
SHOWN_WITHIN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed: one slip a child; `title` is such as 603 班."""

    school_code: str
    title: str
    expires_at: datetime
    slips: list[Slip]


def keep_sheet(
    session: Session,
    vault: Vault,
    slips: Sequence[Slip],
    *,
    school_code: str,
    title: str,
    by: str,
    now: datetime,
) -> UUID:
    """Keep fresh slips for the printer and return the sheet's id; joins the transaction."""
    clear = json.dumps([asdict(slip) | {"student_id": str(slip.student_id)} for slip in slips])
    sheet = CodeSheet(
        school_code=school_code,
        title=title,
        issued_by=by,
        issued_at=now,
        expires_at=now + SHOWN_WITHIN,
        slips_sealed=vault.seal(clear, SLIPS),
    )
    session.add(sheet)
    session.flush()
    return sheet.id


def find_sheet(session: Session, sheet_id: UUID, now: datetime) -> CodeSheet | None:
    """Return the sheet while it can still be shown."""
    statement = select(CodeSheet).where(CodeSheet.id == sheet_id, *_is_open(now))
    return session.exec(statement).first()


def show_sheet(session: Session, vault: Vault, sheet_id: UUID, now: datetime) -> Sheet | None:
    """Return what to print and forget it; None the second time. Joins the transaction."""
    row = find_sheet(session, sheet_id, now)
    if row is None or row.slips_sealed is None:
        return None
    sealed = row.slips_sealed
    shown = session.execute(
        update(CodeSheet)
        .where(col(CodeSheet.id) == sheet_id, *_is_open(now))
        .values(shown_at=now, slips_sealed=None)
        .returning(col(CodeSheet.id))
        .execution_options(synchronize_session=False)
    ).first()
    if shown is None:
        return None
    slips = [
        Slip(**{**one, "student_id": UUID(one["student_id"])})
        for one in json.loads(vault.open(sealed, SLIPS))
    ]
    return Sheet(row.school_code, row.title, row.issued_at + GOOD_FOR, slips)


def forget_old_sheets(session: Session, now: datetime) -> None:
    """Drop what nobody printed in time; the codes stay good but nobody knows them."""
    session.execute(delete(CodeSheet).where(col(CodeSheet.expires_at) <= now))


def _is_open(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(CodeSheet.shown_at).is_(None), col(CodeSheet.expires_at) > now
