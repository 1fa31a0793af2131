"""A child's morning told to its guardian, and sites of others to ask."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from core.db import transaction
from core.gate.batch import TapIn
from core.gate.tables import Reader
from core.gate.taps import Delivery, record_taps
from core.house import House
from core.kinds import NoticeState
from core.notices.tables import Notice
from tests.factories import (
    card_uid_of,
    make_binding,
    make_guardian,
    make_reader,
    make_school,
    make_student,
)
from tests.serving import serving

LIFF = "1660000001-sandbox1"


@dataclass
class Ming:
    """Mei's child at a gate: taps, and what becomes of their news."""

    house: House
    student_id: UUID
    guardian_id: UUID
    reader_id: UUID
    seq: int = 0

    def tap(self, **ago: float) -> None:
        """Tap now, or some time ago."""
        self.seq += 1
        now = self.house.clock.now()
        with transaction(self.house.engine) as session:
            reader = session.get_one(Reader, self.reader_id)
            tap = TapIn(self.seq, card_uid_of("11510001"), now - timedelta(**ago))
            record_taps(session, LIFF, [Delivery(reader, "b", [tap])], now)

    def notices(self) -> list[Notice]:
        """Return what was written, oldest first."""
        with transaction(self.house.engine) as session:
            return list(
                session.exec(
                    select(Notice).order_by(col(Notice.created_at), col(Notice.dedupe_key))
                )
            )

    def end(self, state: str = NoticeState.ACCEPTED, **facts: Any) -> None:
        """Let every waiting notice end now, after one try, as LINE's answer would."""
        end_waiting(self.house, state, **facts)


def end_waiting(house: House, state: str = NoticeState.ACCEPTED, **facts: Any) -> None:
    """Settle what waits, as a sender would."""
    now = house.clock.now()
    values: dict[str, Any] = {
        "state": state,
        "outcome": "http_200" if state == NoticeState.ACCEPTED else "http_400",
        "attempts": 1,
        "first_tried_at": now,
        "settled_at": now,
        **facts,
    }
    with transaction(house.engine) as session:
        session.execute(
            update(Notice).where(col(Notice.state) == NoticeState.PENDING).values(**values)
        )


@pytest.fixture
def ming(house: House) -> Ming:
    """Ming, bound to Mei, at a gate that was heard just now."""
    with transaction(house.engine) as session:
        return make_ming(session, house)


def make_ming(session: Session, house: House) -> Ming:
    """Ming, Mei, the binding with every box ticked, and a reader."""
    make_school(session)
    student = make_student(session, house)
    guardian = make_guardian(session, house)
    make_binding(session, guardian, student)
    reader = make_reader(session, house, contact_at=house.clock.now())
    return Ming(house, student.id, guardian.id, reader.id)


@pytest.fixture
def go(house: House) -> Callable[..., datetime]:
    """Let time pass."""

    def pass_time(**span: float) -> datetime:
        house.clock.move_to(house.clock.now() + timedelta(**span))
        return house.clock.now()

    return pass_time


@dataclass
class Site:
    """A site of somebody else's: what it was asked, and what it answers by path."""

    origin: str = ""
    asked: list[str] = field(default_factory=list)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)


@contextmanager
def site() -> Iterator[Site]:
    """Run a site on loopback; it answers 200 to what it was not told of."""
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            status, answer = found.answers.get(self.path.partition("?")[0], (200, {}))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(Handler) as found.origin:
        yield found


@pytest.fixture
def outside() -> Iterator[Site]:
    with site() as found:
        yield found
