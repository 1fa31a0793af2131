"""The peer of the ingest bench: a Flask handler with SQLModel objects, tap by tap.

Same tables, same web server, one commit a batch. It checks no signature and renders no message.
"""

import argparse
import os
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask, Response, jsonify, request
from sqlmodel import Session, col, select

from bench.orm_rows import bound_with_box, notice_of
from core.attendance.tables import AttendanceDay
from core.clock import school_day_of
from core.duty.server import Background, Server
from core.gate.tables import Reader, Tap, Verdict
from core.house import build_house
from core.kinds import EventKind
from core.people.tables import Binding, Card
from core.settings import load_settings


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, default=os.environ.get("PORT"))
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--content", type=Path, required=True, help="the message, as ready bytes")
    options = parser.parse_args()

    def load() -> tuple[Flask, Background]:
        return make_gate(options.database, options.content.read_bytes()), Background([])

    Server(load, host="127.0.0.1", port=options.port, workers=options.workers).run()


def make_gate(url: str, content: bytes) -> Flask:
    """Return the handler over its own database connections."""
    engine = build_house(load_settings(database_url=url)).engine
    app = Flask("orm-gate")

    @app.post("/gate/v1/readers/<uuid:reader_id>/taps")
    def take_taps(reader_id: UUID) -> Response:
        fields = request.get_json()
        with Session(engine) as session:
            reader = session.get_one(Reader, reader_id)
            results = [
                _take(session, reader, fields["boot_id"], tap, content) for tap in fields["taps"]
            ]
            session.commit()
        return jsonify(results=results)

    return app


def _take(
    session: Session, reader: Reader, boot_id: str, fields: dict[str, Any], content: bytes
) -> dict[str, Any]:
    at = datetime.fromisoformat(fields["tapped_at"])
    live = select(Card).where(Card.uid == fields["card_uid"], col(Card.valid_until).is_(None))
    card = session.exec(live).one()
    tap = Tap(
        reader_id=reader.id,
        boot_id=boot_id,
        seq=fields["seq"],
        card_uid=card.uid,
        student_id=card.student_id,
        direction=reader.direction,
        tap_at=at,
        received_at=at,
        effective_at=at,
        school_day=school_day_of(at),
        verdict=Verdict.ACCEPTED,
    )
    session.add(tap)
    day = session.get(AttendanceDay, (card.student_id, school_day_of(at)))
    if day is None:
        day = AttendanceDay(student_id=card.student_id, school_day=school_day_of(at))
        session.add(day)
    _arrive(session, day, tap, at, content)
    return {"seq": tap.seq, "status": "recorded"}


def _arrive(session: Session, day: AttendanceDay, tap: Tap, at: datetime, content: bytes) -> None:
    if day.arrived_at is not None:
        return
    day.arrived_at = day.arrival_received_at = at
    day.arrivals += 1
    theirs = bound_with_box(EventKind.ARRIVAL).where(Binding.student_id == day.student_id)
    for binding, _, link in session.exec(theirs):
        session.add(
            notice_of(
                EventKind.ARRIVAL,
                binding,
                link,
                school_day=day.school_day,
                now=at,
                content=content,
                tap_id=tap.id,
            )
        )


if __name__ == "__main__":
    main()
