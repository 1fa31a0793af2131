"""After a restore: sessions end, messages wait for a person, readers send again, the erased go."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from bot.tables import LineEvent
from core.backup.making import make_backup
from core.backup.restoring import restore, settle_here
from core.clock import school_day_of
from core.db import snapshot, table_of, transaction
from core.gate.health import gate_health
from core.gate.intake import make_blueprint
from core.gate.tables import Reader, Tap
from core.house import House
from core.kinds import HoldReason
from core.notices.outbox import enqueue
from core.notices.tables import Notice
from core.orders.tables import Purpose, SmsText, TextState
from core.people.sessions import open_session
from core.people.tables import Guardian, WebSession
from core.privacy.erasure import erase_guardian, file_stones
from tests.backup.conftest import news_of
from tests.factories import MEI, card_uid_of
from tests.gate.conftest import SigningReader

MING = card_uid_of("11510001")


@pytest.fixture
def reader(own: House) -> SigningReader:
    app = Flask("gate-test")
    app.register_blueprint(make_blueprint(own))
    with snapshot(own.engine) as session:
        reader_id = session.scalars(select(table_of(Reader).c.id)).one()
    return SigningReader(app.test_client(), own, reader_id)


def beat(reader: SigningReader, boot_id: str, last_seq: int, **more: Any) -> Any:
    clock = reader.house.clock.now().isoformat()
    body = {"boot_id": boot_id, "last_seq": last_seq, "buffered": 0, "clock": clock, **more}
    answer = reader.send(body, "heartbeat")
    assert answer.status_code == 200
    return answer.get_json().get("resend")


def hold(house: House) -> HoldReason | None:
    with snapshot(house.engine) as session:
        return gate_health(session, "353607", house.clock.now()).hold


def tap(reader: SigningReader, seq: int, boot_id: str) -> list[str]:
    at = reader.house.clock.now().isoformat()
    return reader.statuses((seq, MING, at), boot_id=boot_id)


def test_readers_are_asked_for_all_after_the_last_known_tap_until_they_say_it_is_sent(
    own: House, reader: SigningReader
) -> None:
    beat(reader, "a", 0)
    for seq in (1, 2, 3):
        tap(reader, seq, "a")
    assert hold(own) is None
    own.clock.move_to(own.clock.now() + timedelta(minutes=1))
    settle_here(own, own.clock.now())
    assert hold(own) is HoldReason.SILENT, "heard before, which says nothing now"
    own.clock.move_to(own.clock.now() + timedelta(seconds=5))
    # It took taps after the backup was made, and has started anew since.
    wanted = beat(reader, "b", 0)
    assert (wanted["boot_id"], wanted["after_seq"]) == ("a", 3)
    assert hold(own) is HoldReason.BUFFERED
    assert beat(reader, "b", 0, resent="something-else") == wanted
    assert tap(reader, 4, "a") == ["duplicate"]
    assert beat(reader, "b", 0)["id"] == wanted["id"]
    assert beat(reader, "b", 0, resent=wanted["id"]) is None
    assert hold(own) is None
    with snapshot(own.engine) as session:
        assert session.scalars(select(table_of(Tap).c.seq).order_by("seq")).all() == [1, 2, 3, 4]


def test_hole_from_before_the_backup_is_asked_for_too(own: House, reader: SigningReader) -> None:
    beat(reader, "a", 0)
    for seq in (1, 3):
        tap(reader, seq, "a")
    own.clock.move_to(own.clock.now() + timedelta(minutes=1))
    settle_here(own, own.clock.now())
    own.clock.move_to(own.clock.now() + timedelta(seconds=5))
    wanted = beat(reader, "a", 3)
    assert (wanted["boot_id"], wanted["after_seq"]) == ("a", 0)


def test_reader_that_never_says_so_is_asked_for_a_day_and_holds_no_other(
    own: House, reader: SigningReader
) -> None:
    settle_here(own, own.clock.now())
    wanted = beat(reader, "a", 0)
    assert (wanted["boot_id"], wanted["after_seq"]) == (None, 0)
    own.clock.move_to(own.clock.now() + timedelta(days=1))
    assert beat(reader, "a", 0) is None
    assert hold(own) is None


def test_reader_that_says_something_odd_is_told_so(own: House, reader: SigningReader) -> None:
    clock = own.clock.now().isoformat()
    body = {"boot_id": "a", "last_seq": 0, "buffered": 0, "clock": clock, "resent": 7}
    answer = reader.send(body, "heartbeat")
    assert (answer.status_code, answer.get_json()["field"]) == (400, "resent")


def test_sessions_end_and_messages_wait_for_a_person(own: House) -> None:
    now = own.clock.now()
    with transaction(own.engine) as session:
        open_session(session, own.vault, line_user_id=MEI, line_name="Mei", proved_at=now, now=now)
        session.add(LineEvent(webhook_event_id="e1", occurred_at=now, received_at=now, body=b"{}"))
    settled = settle_here(own, now)
    assert (settled.unanswered, settled.readers) == (1, 1)
    with snapshot(own.engine) as session:
        event = session.execute(table_of(LineEvent).select()).one()
        ended = session.scalars(select(table_of(WebSession).c.ended_at)).all()
    assert (event.state, event.problem, None in ended) == ("dead", "restored", False)


def test_firm_is_asked_after_texts_that_may_have_left(own: House) -> None:
    now = own.clock.now()
    with transaction(own.engine) as session:
        text = SmsText(
            purpose=Purpose.NO_SHOW,
            kind="no_show",
            school_code="353607",
            school_day=school_day_of(now),
            client_id="one",
            provider="mitake",
            created_at=now,
            changed_at=now,
        )
        session.add(text)
    settle_here(own, now)
    with snapshot(own.engine) as session:
        assert session.scalars(select(table_of(SmsText).c.state)).all() == [TextState.UNKNOWN]


@pytest.mark.parametrize(
    ("channel", "minutes", "state"),
    [
        ("line", -5, "pending"),
        ("email", -5, "unknown"),
        ("email", 5, "pending"),
    ],
)
def test_news_from_before_goes_where_a_repeat_is_known_and_later_news_everywhere(
    own: House, channel: str, minutes: int, state: str
) -> None:
    settle_here(own, own.clock.now())
    now = own.clock.now() + timedelta(minutes=10)
    at = own.clock.now() + timedelta(minutes=minutes)
    with transaction(own.engine) as session:
        guardian_id = session.scalars(select(col(Guardian.id))).one()
        enqueue(session, [news_of(guardian_id, channel, at)], now)
    with snapshot(own.engine) as session:
        assert session.scalars(select(table_of(Notice).c.state)).one() == state


def test_who_deleted_their_data_after_the_backup_is_deleted_again(
    full: House, make_empty: Callable[[], House], tmp_path: Path
) -> None:
    path, _ = make_backup(full, tmp_path / "backups")
    later = full.clock
    later.move_to(later.now() + timedelta(minutes=1))
    with transaction(full.engine) as session:
        guardian_id = session.scalars(select(col(Guardian.id))).one()
        erased = erase_guardian(session, full.vault, guardian_id, later.now())
    assert erased is not None
    file_stones(full, erased.stones)
    restored = make_empty()
    restore(restored, path)
    with snapshot(restored.engine) as session:
        assert session.scalars(select(col(Guardian.erased_at))).one() is not None
