"""What the delivery looks for it finds by index, however many notices wait or have ended."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, insert, select

from core.db import table_of, transaction
from core.delivery.claims import LEASE, claim
from core.delivery.settle import Settlement, settle
from core.delivery.told_later import end_told_later
from core.house import House
from core.kinds import NoticeState
from core.notices.tables import Notice
from tests.factories import HUA, make_student
from tests.months import restore_months

Notify = Callable[..., int]
WRITTEN_BY_A_LEASE = ("state", "attempts", "due_at", "first_tried_at", "lease_until", "lease_token")
# PostgreSQL names an index of a part after its columns.
QUEUE = "ix_notice_due|channel_priority_turn_at_id_idx"
KEYS = "autoindex_notice|pkey|ix_notice_student_day|student_id_school_day_idx"
COMPANY = "ix_notice_company|line_user_id_idx"
RIDERS = "ix_notice_rides_with|rides_with_idx"
EMPTY = re.compile(r"notice_rest|notice_2026_12|notice_2027")
HELD_UP = "AS departure"
# By what only they say.
STATEMENTS = {
    "company": ("AS company", f"{KEYS}|{COMPANY}", COMPANY),
    "riders": ("WHERE notice.rides_with", RIDERS, RIDERS),
    "lost riders": ("SELECT notice.rides_with", RIDERS, RIDERS),
    "settle": ("line_request_id", KEYS, KEYS),
}


@pytest.fixture
def asked(house: House, notify: Notify) -> dict[str, str]:
    """The plans of a doubtful push of one whose siblings' news was looked for."""
    restore_months(house)
    notify(may_ride=True)
    with transaction(house.engine) as session:
        others = [make_student(session, house, number=f"11520{n}").id for n in range(100, 300)]
    now, later = house.clock.now(), house.clock.now() + timedelta(minutes=5)
    _put_beside(house, others * 10, state=NoticeState.ACCEPTED, settled_at=now)
    # What the planner knows is from an hour when nearly nothing waited.
    with house.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE notice")
    soon = later + timedelta(seconds=1)
    _put_beside(house, others, line_user_id=HUA, due_at=soon, created_at=later)
    seen: list[tuple[str, Any]] = []
    note: Any = lambda *call: seen.append((call[2], call[3]))  # noqa: E731
    event.listen(house.engine, "before_cursor_execute", note)
    _send_and_doubt(house)
    event.remove(house.engine, "before_cursor_execute", note)
    words = {name: words for name, (words, *_) in STATEMENTS.items()} | {HELD_UP: HELD_UP}
    return {name: _plan(house, seen, one) for name, one in words.items()}


def _put_beside(house: House, children: Sequence[UUID], **facts: Any) -> None:
    """Put news about these children beside the one that waits."""
    notice = table_of(Notice)
    with house.engine.begin() as connection:
        waits = select(notice).where(notice.c.settled_at.is_(None))
        row = dict(connection.execute(waits).mappings().one()) | facts
        copies = [
            row | {"id": uuid4(), "retry_key": uuid4(), "student_id": child} for child in children
        ]
        connection.execute(insert(notice), copies)


def _send_and_doubt(house: House) -> None:
    """Claim, be told nothing, and claim again."""
    now = house.clock.now()
    with transaction(house.engine) as session:
        end_told_later(session, (), now)
        (push,) = claim(session, now=now, limit=1)
        again = Settlement(
            push.id, push.school_day, push.lease_token, NoticeState.PENDING, "timeout", now
        )
        settle(session, [again], now)
        claim(session, now=now + LEASE, limit=1)


def _plan(house: House, seen: list[tuple[str, Any]], words: str) -> str:
    statement, values = next(one for one in seen if words in one[0])
    with house.engine.connect() as connection:
        if house.engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            return "\n".join(row[3] for row in rows)
        for switch in ("enable_seqscan", "enable_sort"):
            connection.exec_driver_sql(f"SET LOCAL {switch} = off")
        plan = connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars()
        # Where nothing lies it does not matter how it is looked for.
        return "\n".join(line for line in plan if not EMPTY.search(line))


@pytest.mark.parametrize("name", STATEMENTS)
def test_delivery_finds_by_index_what_it_looks_for(asked: dict[str, str], name: str) -> None:
    _, allowed, wanted = STATEMENTS[name]
    plan = asked[name]
    assert re.search(wanted, plan), plan
    found = re.findall(r"(?:using|INDEX|Index Scan on) (\S*notice\S*)", plan)
    assert not [index for index in found if not re.search(allowed, index)], plan
    assert not re.search(r"Seq Scan on notice|SCAN notice|SCAN company", plan), plan
    assert not re.search(QUEUE, plan), plan


def test_departures_held_up_are_looked_for_at_the_front_of_the_queue(
    asked: dict[str, str],
) -> None:
    plan = asked[HELD_UP]
    front = re.findall(rf".*(?:{QUEUE}).*", plan)
    assert front and all("front" in line for line in front), plan
    found = re.findall(r"(?:using|INDEX|Index Scan on) (\S*notice\S*)", plan)
    assert not [one for one in found if not re.search(f"{QUEUE}|{KEYS}|{RIDERS}", one)], plan
    assert not re.search(r"Seq Scan on notice|SCAN (front|arrival|rider)", plan), plan


def test_no_index_looks_at_what_a_lease_writes() -> None:
    """So that PostgreSQL writes it where the notice lies, and no index anew."""
    for index in table_of(Notice).indexes:
        words = f"{index.columns.keys()} {index.dialect_options['postgresql']['where']}"
        assert not set(re.findall(r"\w+", words)) & set(WRITTEN_BY_A_LEASE), index.name
