"""刪除我的資料: a guardian becomes an empty shell that only keeps other records whole.

1. what waits is cancelled, 2. rows go or are blanked as the rules say, 3. the guardian's own row is
overwritten, 4. stones are set: in the table with the erasure, in the file after the commit.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, String, Table, cast, delete, exists, literal, select, update
from sqlmodel import Session, col

from core.audit import record_audit
from core.crypto import Vault, new_code
from core.db import snapshot, transaction
from core.errors import InputError
from core.house import House
from core.notices.outbox import enqueue
from core.notices.partings import farewells
from core.notices.tables import Notice
from core.orders.leaving import end_open_orders, has_open_orders
from core.people.guardians import NAME
from core.people.tables import Guardian, Staff
from core.privacy.people import Person, person_of
from core.privacy.received import leave_delegations, stop_waiting
from core.privacy.rules import Erase, is_theirs, personal_tables
from core.privacy.tombstones import (
    Stone,
    append_stones,
    filed_stones,
    names_of_pass,
    stones_of,
    store_stones,
    stored_stones,
)

logger = logging.getLogger(__name__)

# Of somebody who is staff as well. A used token that is forgotten signs in once more, anywhere.
KEPT_FOR_WORK = frozenset({"line_friend", "web_session", "used_id_token"})


@dataclass(frozen=True, slots=True)
class Erased:
    """Who was erased: the 完成編號, the LINE users whose menus change, and the stones to file."""

    code: str
    line_user_ids: tuple[str, ...]
    stones: tuple[Stone, ...]


def erase_on_request(
    session: Session, house: House, guardian_id: UUID, now: datetime
) -> Erased | None:
    """Erase as `erase_guardian` does, and tell whoever received in their stead that it is over."""
    person = person_of(session, house.vault, guardian_id)
    told = farewells(session, house.settings, person.binding_ids, now)
    erased = erase_guardian(session, house.vault, guardian_id, now)
    if erased is not None:
        others = [one for one in told if one.line_user_id not in erased.line_user_ids]
        enqueue(session, others, now)
    return erased


def erase_guardian(
    session: Session,
    vault: Vault,
    guardian_id: UUID,
    now: datetime,
    *,
    stone: Stone | None = None,
) -> Erased | None:
    """Erase the guardian and return what is to be filed; None when somebody did already.

    `stone` is the earlier one of somebody a restored backup brought back. Joins the caller's
    transaction; afterwards call `file_stones`. Raises InputError("open_order"): paid texts go on.
    """
    locked = select(Guardian).where(col(Guardian.id) == guardian_id).with_for_update()
    guardian = session.execute(locked).scalars().one_or_none()
    if guardian is None or guardian.erased_at is not None:
        return None
    if stone is not None:
        end_open_orders(session, guardian_id, now)
    elif has_open_orders(session, guardian_id):
        raise InputError("open_order")
    person = person_of(session, vault, guardian_id)
    erased_at, code = (stone.erased_at, stone.code) if stone else (now, new_code())
    stones = stones_of(vault, guardian.taipei_pass_id, person.line_user_ids, erased_at, code)
    stop_waiting(session, col(Notice.guardian_id) == guardian_id, now)
    leave_delegations(session, person, now)
    _empty_tables(session, person)
    _empty_guardian(session, vault, guardian_id, now)
    store_stones(session, stones)
    record_audit(session, actor=person.actor, action="account.erase", subject=person.actor, now=now)
    return Erased(code, person.line_user_ids, tuple(stones))


def file_stones(house: House, stones: Collection[Stone]) -> None:
    """Add the stones to the file; a disk that refuses them is an error a person must look at.

    The table has them, so the next purge tries again.
    """
    try:
        append_stones(Path(house.settings.tombstones_file), stones)
    except OSError as error:
        extra = {"action": "tombstones", "reason": type(error).__name__}
        logger.error("tombstones not filed", extra=extra)


def heed_tombstones(house: House) -> int:
    """Erase again whom a restored backup brought back, and return how many guardians that were.

    Table and file are made the same. In the usual case this costs reading both. Commits for itself.
    """
    now = house.clock.now()
    kept = timedelta(days=house.settings.retention_backups_days)
    filed = filed_stones(Path(house.settings.tombstones_file), now, kept)
    with snapshot(house.engine) as session:
        stored = stored_stones(session)
    file_stones(house, {one for one in stored - filed if now - one.erased_at <= kept})
    returned = filed - stored
    if not returned:
        return 0
    count = _erase_returned(house, returned, now)
    with transaction(house.engine) as session:
        store_stones(session, returned)
    logger.warning("erased again after a restore", extra={"action": "tombstones", "count": count})
    return count


def forget_traces(engine: Engine) -> None:
    """Let SQLite's log file lose what the database has lost; PostgreSQL's vacuum does its own.

    Outside any transaction. Readers of the old state make it do less; each purge does it too.
    """
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()


def _empty_tables(session: Session, person: Person) -> None:
    for table, rule in reversed(list(personal_tables())):
        theirs = is_theirs(table, rule, person)
        if rule.erase is Erase.DELETE:
            if table.name in KEPT_FOR_WORK:
                theirs = theirs & ~_works_here(table)
            session.execute(delete(table).where(theirs))
        elif rule.erase is Erase.SCRUB and table.name in _BLANKS:
            session.execute(update(table).where(theirs).values(**_BLANKS[table.name](table)))


def _works_here(table: Table) -> Any:
    """Return the condition that the LINE user is staff as well; their work goes on."""
    return exists().where(
        col(Staff.line_user_id) == table.c.line_user_id, col(Staff.revoked_at).is_(None)
    )


def _blank_notice(table: Table) -> dict[str, Any]:
    # News of links carries the LINE user's id in its key.
    key = literal("erased/", String) + cast(table.c.id, String)
    return {"content": b"[]", "line_user_id": None, "delegate_id": None, "dedupe_key": key}


def _blank_event(_table: Table) -> dict[str, Any]:
    # The id stays: LINE repeats events for days, and a repeated one must not be answered anew.
    return {"body": b"{}", "line_user_id": None, "state": "done", "lease_token": None}


def _blank_order(_table: Table) -> dict[str, Any]:
    # The rest is the school's account.
    return {"phone_sealed": None, "phone_index": None}


_BLANKS = {"notice": _blank_notice, "line_event": _blank_event, "sms_order": _blank_order}


def _empty_guardian(session: Session, vault: Vault, guardian_id: UUID, now: datetime) -> None:
    session.execute(
        update(Guardian)
        .where(col(Guardian.id) == guardian_id)
        .values(
            taipei_pass_id=f"erased:{guardian_id}",
            name_sealed=vault.seal("", NAME),
            verify_level="",
            email1_sealed=None,
            email1_is_verified=False,
            email2_sealed=None,
            email2_is_verified=False,
            phone_sealed=None,
            phone_is_verified=False,
            app_token_sealed=None,
            app_connected_at=None,
            erased_at=now,
        )
        .execution_options(synchronize_session=False)
    )


def _erase_returned(house: House, returned: Collection[Stone], now: datetime) -> int:
    buried = {one.person_index: one for one in returned}
    count = 0
    for guardian_id, pass_id, consented_at in _living(house.engine):
        stone = next(
            (buried[name] for name in names_of_pass(house.vault, pass_id) if name in buried), None
        )
        # Whoever came back after the deletion is somebody new.
        if stone is None or consented_at > stone.erased_at:
            continue
        with transaction(house.engine) as session:
            erased = erase_guardian(session, house.vault, guardian_id, now, stone=stone)
        if erased is not None:
            count += 1
            file_stones(house, set(erased.stones) - set(returned))
    return count


def _living(engine: Engine) -> list[tuple[UUID, str, datetime]]:
    statement = select(col(Guardian.id), col(Guardian.taipei_pass_id), col(Guardian.consented_at))
    with snapshot(engine) as session:
        rows = session.execute(statement.where(col(Guardian.erased_at).is_(None))).all()
    return [(row.id, row.taipei_pass_id, row.consented_at) for row in rows]
