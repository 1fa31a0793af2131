"""People to tell something, and a sender at work."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.clock import school_day_of
from core.db import snapshot, transaction
from core.delivery.sender import Sender
from core.house import House
from core.kinds import NoticeKind, NoticeState
from core.notices.outbox import NewNotice, enqueue
from core.notices.tables import Notice
from core.notices.templates import frozen
from core.people.tables import Guardian
from core.settings import load_settings
from tests.factories import make_guardian
from tests.waiting import wait_for


def guardians(house: House, count: int) -> dict[str, Guardian]:
    """So many guardians, by their LINE user id."""
    ids = [f"U{number:032x}" for number in range(1, count + 1)]
    with transaction(house.engine) as session:
        return {one: make_guardian(session, house, one) for one in ids}


def tell(house: House, people: dict[str, Guardian]) -> None:
    """Let something be told to each of them, and ring."""
    with transaction(house.engine) as session:
        _enqueue(session, house, people)
    house.notices_due.set()


def _enqueue(session: Session, house: House, people: dict[str, Guardian]) -> None:
    now = house.clock.now()
    news = [
        NewNotice(
            kind=NoticeKind.BOUND,
            guardian_id=guardian.id,
            line_user_id=person,
            school_day=school_day_of(now),
            at=now,
            content=frozen([{"type": "text", "text": "1"}]),
        )
        for person, guardian in people.items()
    ]
    enqueue(session, news, now)


def notices(house: House, *people: str) -> Sequence[Notice]:
    """Return the notices of these people, or all."""
    with snapshot(house.engine) as session:
        session.expire_on_commit = False
        return _rows(session, people)


def _rows(session: Session, people: Sequence[str]) -> Sequence[Notice]:
    rows = session.exec(select(Notice)).all()
    return [row for row in rows if not people or row.line_user_id in people]


def wait_for_a_turn(house: House) -> None:
    """Wait until a sender has looked at everything that is due by now.

    Something too old ends in each turn that claims, now and then.
    """
    person, gone = f"U{'e' * 32}", house.clock.now() - timedelta(seconds=1)
    with transaction(house.engine) as session:
        guardian = make_guardian(session, house, person)
        _enqueue(session, house, {person: guardian})
        theirs = col(Notice.guardian_id) == guardian.id
        session.execute(update(Notice).where(theirs).values(expires_at=gone))
    house.notices_due.set()
    wait_for(lambda: notices(house, person)[0].state == NoticeState.EXPIRED, "a turn")


@contextmanager
def sender_at_work(house: House, origin: str, in_flight: int = 256) -> Iterator[None]:
    """Let a sender send to that LINE while inside."""
    settings = load_settings(_env_file=None, line_api_base=origin)
    sender = Sender(replace(house, settings=settings), in_flight)
    stop = threading.Event()
    running = threading.Thread(target=sender.run, args=[stop])
    running.start()
    try:
        yield
    finally:
        stop.set()
        house.notices_due.set()
        running.join()
