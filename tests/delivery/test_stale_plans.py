"""A plan made while nothing waits still looks rows up when a morning has filled the month.

PostgreSQL keeps the plan of a prepared statement until it has counted the table anew, which it does
once a minute at best.
"""

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, text
from sqlmodel import Session

from core import by_index
from core.db import table_of, transaction
from core.delivery.claims import LEASE, claim
from core.delivery.pushes import Leased
from core.delivery.settle import Settlement, settle
from core.house import House
from core.kinds import NoticeState
from core.notices.tables import Notice
from tests.factories import make_binding, make_guardian, make_student
from tests.months import restore_months

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
FAMILIES, TOLD, CLAIMED = 400, 8, 40
# So many rows of all kinds may be read for each notice that is claimed and settled.
MOST_READ = 30
WAITING = {
    "state": NoticeState.PENDING,
    "settled_at": None,
    "attempts": 0,
    "outcome": None,
    "first_tried_at": None,
}


@pytest.fixture
def planned(house: House, notify: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> House:
    """A house whose connection has planned all of the delivery beside one notice, for good."""
    monkeypatch.setattr(by_index, "LOOK_SECONDS", 0.0)
    restore_months(house)
    with house.engine.begin() as connection:
        connection.execute(text("SET plan_cache_mode = force_generic_plan"))
    notify(may_ride=True)
    with house.engine.begin() as connection:
        connection.execute(text("ANALYZE notice"))
    _send(house, NoticeState.PENDING)
    _send(house, NoticeState.ACCEPTED)
    return house


def _send(house: House, state: NoticeState) -> tuple[int, dict[str, int]]:
    """Claim and settle; return how many and what was read in each step."""
    with transaction(house.engine) as session:
        before = _rows_read(session)
        pushes = claim(session, now=house.clock.now() + LEASE, limit=CLAIMED)
        read = {"claim": _rows_read(session) - before}
    with transaction(house.engine) as session:
        before = _rows_read(session)
        settle(session, [_settled(push, state, house) for push in pushes], house.clock.now())
        read["settle"] = _rows_read(session) - before
    return len(pushes), read


def _settled(push: Leased, state: NoticeState, house: House) -> Settlement:
    due = house.clock.now() if state is NoticeState.PENDING else None
    return Settlement(push.id, push.school_day, push.lease_token, state, "word", due)


def _rows_read(session: Session) -> int:
    """Count the notices read so far, as this connection has not told yet."""
    counted = text(
        "SELECT sum(pg_stat_get_xact_tuples_fetched(indexrelid)"
        " + pg_stat_get_xact_tuples_returned(indexrelid)) FROM pg_index"
        " WHERE indrelid::regclass::text LIKE 'notice%'"
    )
    return int(session.execute(counted).scalar_one())


def _fill(house: House) -> None:
    """Let a morning's arrivals wait beside as many that were told."""
    notice, families = table_of(Notice), []
    with transaction(house.engine) as session:
        for number in range(FAMILIES):
            user = f"U{number:032x}"
            guardian = make_guardian(session, house, user)
            child = make_student(session, house, number=f"{11520000 + number}")
            make_binding(session, guardian, child)
            ids = {"student_id": child.id, "guardian_id": guardian.id}
            families.append(ids | {"line_user_id": user})
    with house.engine.begin() as connection:
        told = dict(connection.execute(select(notice)).mappings().one())
        rows = [told | {"id": uuid4(), "retry_key": uuid4()} | one for one in families * TOLD]
        rows += [one | {"id": uuid4(), "retry_key": uuid4()} | WAITING for one in rows[:FAMILIES]]
        connection.execute(insert(notice), rows)


def test_claims_and_settling_read_what_they_take_and_no_more(planned: House) -> None:
    _fill(planned)
    taken, read = _send(planned, NoticeState.ACCEPTED)
    assert taken == CLAIMED
    assert max(read.values()) < MOST_READ * taken, read
