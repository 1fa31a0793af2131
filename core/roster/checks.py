"""A checked file, held sealed until it is confirmed: nobody uploads it twice.

What was shown is what happens. Where the roster changed in between, what taking the file over would
do has another fingerprint, and it is shown again first.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from core.crypto import Vault, fingerprint
from core.errors import AccessError
from core.people.roster import StudentFacts
from core.people.tables import EnrollmentStatus, School, Staff
from core.roster.comparing import PLAIN_FIELDS, Change, Plan, compare
from core.roster.rows import RosterRow
from core.roster.tables import RosterCheck
from core.roster.taking_over import Counts, take_over

ROWS = "roster_check.rows"
# Long enough to look through a school's changes.
GOOD_FOR = timedelta(minutes=30)
# How long the numbers of what was taken over can be looked at again.
KEPT = timedelta(days=1)


def hold_check(
    session: Session,
    vault: Vault,
    rows: Sequence[RosterRow],
    plan: Plan,
    *,
    school_code: str,
    staff: Staff,
    file_name: str,
    now: datetime,
) -> UUID:
    """Keep what was checked and return its id; joins the caller's transaction."""
    check = RosterCheck(
        school_code=school_code,
        staff_id=staff.id,
        file_name=file_name[:60],
        checked_at=now,
        expires_at=now + GOOD_FOR,
        found=fingerprint_of(plan),
        rows_sealed=vault.seal(json.dumps([_written(row) for row in rows]), ROWS),
    )
    session.add(check)
    session.flush()
    return check.id


def get_check(
    session: Session, check_id: UUID, school_code: str, staff_ids: set[UUID]
) -> RosterCheck:
    """Return somebody's own check. Raises AccessError 404 for others' and unknown ones."""
    check = session.get(RosterCheck, check_id)
    if check is None or check.school_code != school_code or check.staff_id not in staff_ids:
        raise AccessError("no_such_check")
    return check


def rows_of(vault: Vault, check: RosterCheck, now: datetime) -> list[RosterRow]:
    """Return the checked rows. Raises AccessError 410 when it is over, or taken over."""
    if check.rows_sealed is None or check.expires_at <= now:
        raise AccessError("check_over", 410)
    return [_read(row) for row in json.loads(vault.open(check.rows_sealed, ROWS))]


def take_checked(
    session: Session,
    vault: Vault,
    liff_id: str,
    check: RosterCheck,
    *,
    seen: str,
    by: str,
    now: datetime,
) -> Counts | None:
    """Take the file over, or return None where it would do something else than was seen.

    All or nothing in the caller's transaction. Raises RosterError for what can't be taken over any
    more, AccessError 410 when it is over or somebody was faster.
    """
    # Two files of one school wait for each other; SQLite lets one writer in anyway.
    session.exec(select(School).where(School.code == check.school_code).with_for_update()).one()
    rows = rows_of(vault, check, now)
    plan = compare(session, vault, rows)
    if fingerprint_of(plan) != seen:
        return None
    _claim(session, check.id, plan, now)
    return take_over(session, vault, liff_id, plan, by=by, now=now)


def drop_check(session: Session, check: RosterCheck) -> None:
    """Forget a file that nobody wants to take over; joins the caller's transaction."""
    session.delete(check)


def forget_old_checks(session: Session, now: datetime) -> None:
    """Drop what nobody confirmed in time, and the numbers of what was; joins the transaction."""
    is_over = (col(RosterCheck.taken_at).is_(None)) & (col(RosterCheck.expires_at) <= now)
    session.execute(delete(RosterCheck).where(is_over))
    session.execute(delete(RosterCheck).where(col(RosterCheck.taken_at) <= now - KEPT))


def fingerprint_of(plan: Plan) -> str:
    """Return what names the effect of a plan: other rows, other values before, another name."""
    added = [row.number for row in plan.added]
    changed = [_effect(change) for change in plan.changed]
    return fingerprint(repr((added, changed, plan.unchanged, plan.left_out)))


def leaves_school(change: Change) -> bool:
    """Tell whether the child was enrolled and will not be."""
    return "status" in change.columns and change.student.status == EnrollmentStatus.ENROLLED


def _effect(change: Change) -> tuple[Any, ...]:
    before = tuple(getattr(change.student, name) for name in (*PLAIN_FIELDS, "status"))
    return (
        change.row.number,
        str(change.student.id),
        sorted(change.columns),
        change.has_new_card,
        before,
    )


def _claim(session: Session, check_id: UUID, plan: Plan, now: datetime) -> None:
    claimed = session.execute(
        update(RosterCheck)
        .where(
            col(RosterCheck.id) == check_id,
            col(RosterCheck.taken_at).is_(None),
            col(RosterCheck.expires_at) > now,
        )
        .values(taken_at=now, rows_sealed=None, added=len(plan.added), changed=len(plan.changed))
        .returning(col(RosterCheck.id))
        .execution_options(synchronize_session=False)
    ).first()
    if claimed is None:
        raise AccessError("check_over", 410)


def _written(row: RosterRow) -> list[Any]:
    facts = asdict(row.facts) | {"birth_date": row.facts.birth_date.isoformat()}
    return [row.number, facts, row.status.value, row.card_uid]


def _read(written: list[Any]) -> RosterRow:
    number, facts, status, card_uid = written
    facts["birth_date"] = date.fromisoformat(facts["birth_date"])
    return RosterRow(number, StudentFacts(**facts), EnrollmentStatus(status), card_uid)
