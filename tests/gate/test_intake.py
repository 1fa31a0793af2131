"""The intake: who may speak, what is understood, what is stored."""

import json
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from queue import Empty, Queue
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlmodel import Session, col
from werkzeug.test import TestResponse

from core.attendance.no_show import mark_missing
from core.attendance.tables import AttendanceDay, NoShowState
from core.db import transaction
from core.gate.health import gate_health
from core.gate.tables import Reader, ReaderNonce, Tap
from core.house import House
from core.kinds import HoldReason
from core.notices.tables import Notice
from core.people.tables import Card, Student
from tests.factories import card_uid_of, make_student
from tests.gate.conftest import SigningReader

MONDAY = date(2026, 11, 23)
MING = card_uid_of("11510001")
AT_0721 = "2026-11-23T07:21:05+08:00"
ONE_TAP = {"boot_id": "b", "taps": [{"seq": 1, "card_uid": MING, "tapped_at": AT_0721}]}


@pytest.fixture(autouse=True)
def at_0722(house: House) -> None:
    house.clock.move_to(house.clock.now() + timedelta(minutes=2))


def _rows(session: Session, table: Any) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def _stored(house: House) -> tuple[int, int]:
    with transaction(house.engine) as session:
        return _rows(session, Tap), _rows(session, Notice)


def _missing(session: Session, now: datetime) -> list[UUID]:
    return mark_missing(
        session, "353607", [6], MONDAY, state=NoShowState.WAITING, due_at=now, now=now
    )


def test_tap_is_recorded_and_told_in_one_go(house: House, reader: SigningReader) -> None:
    assert reader.statuses((1, MING, AT_0721)) == ["recorded"]
    assert _stored(house) == (1, 1)


def test_guardian_whose_pseudonym_is_spoilt_stops_no_tap(
    house: House, reader: SigningReader
) -> None:
    with transaction(house.engine) as session:
        session.execute(text("UPDATE account_link SET line_user_id = 'x'"))
    assert reader.statuses((1, MING, AT_0721)) == ["recorded"]
    assert _stored(house)[0] == 1


def test_resent_tap_is_a_duplicate_and_told_once(house: House, reader: SigningReader) -> None:
    reader.taps((1, MING, AT_0721))
    assert reader.statuses((1, MING, AT_0721)) == ["duplicate"]
    assert _stored(house) == (1, 1)


def test_same_sequence_after_a_restart_is_another_tap(reader: SigningReader) -> None:
    reader.taps((1, MING, AT_0721))
    later = "2026-11-23T07:21:20+08:00"
    assert reader.statuses((1, MING, later), boot_id="boot-2") == ["duplicate"]
    with transaction(reader.house.engine) as session:
        assert _rows(session, Tap) == 2


def test_unknown_card_is_kept_for_staff(house: House, reader: SigningReader) -> None:
    assert reader.statuses((1, "0411223344AABB", AT_0721)) == ["unknown_card"]
    assert _stored(house) == (1, 0)


def test_number_used_twice_in_one_boot_loses_neither_tap(
    house: House, reader: SigningReader
) -> None:
    with transaction(house.engine) as session:
        make_student(session, house, name="王小華", number="11510002")
    hua = card_uid_of("11510002")
    assert reader.statuses((1, MING, AT_0721)) == ["recorded"]
    assert reader.statuses((1, hua, AT_0721)) == ["quarantined"]
    assert reader.statuses((1, hua, AT_0721)) == ["duplicate"]
    with transaction(house.engine) as session:
        assert {tap.card_uid for tap in session.scalars(select(Tap))} == {MING, hua}
        missing = _missing(session, house.clock.now())
    assert missing == [], "a child whose tap is held is not said to be missing"


def test_number_used_twice_for_one_card_loses_neither_tap(reader: SigningReader) -> None:
    assert reader.statuses((1, MING, AT_0721)) == ["recorded"]
    assert reader.statuses((1, MING, "2026-11-23T07:15:00+08:00")) == ["quarantined"]


def test_equal_numbers_of_two_boots_and_two_readers_are_no_second_device(
    house: House, reader: SigningReader, make_signing_reader: Callable[..., SigningReader]
) -> None:
    other = make_signing_reader()
    sent = [(reader, "boot-1"), (reader, "boot-2"), (other, "boot-1")]
    uids = [card_uid_of(f"1151000{n}") for n in (1, 2, 3)]
    with transaction(house.engine) as session:
        make_student(session, house, name="王小華", number="11510002")
        make_student(session, house, name="王小美", number="11510003")
    for said in ("recorded", "duplicate"):
        for (one, boot_id), uid in zip(sent, uids, strict=True):
            assert one.statuses((1, uid, AT_0721), boot_id=boot_id) == [said]


def test_held_tap_of_yesterday_leaves_today_alone(house: House, reader: SigningReader) -> None:
    with transaction(house.engine) as session:
        hua = make_student(session, house, name="王小華", number="11510002")
    yesterday = "2026-11-22T16:00:00+08:00"
    assert reader.statuses((1, MING, yesterday)) == ["recorded"]
    assert reader.statuses((1, card_uid_of("11510002"), yesterday)) == ["quarantined"]
    with transaction(house.engine) as session:
        assert hua.id in _missing(session, house.clock.now())


def test_buffered_tap_of_a_mad_clock_keeps_its_child_out_of_the_no_shows(
    house: House, reader: SigningReader
) -> None:
    fast = (house.clock.now() + timedelta(hours=8)).isoformat()
    reader.send({"boot_id": "b", "last_seq": 0, "buffered": 0, "clock": fast}, path="heartbeat")
    assert reader.statuses((1, MING, "2026-11-23T13:00:00+08:00")) == ["quarantined"]
    with transaction(house.engine) as session:
        assert _missing(session, house.clock.now()) == []


@pytest.mark.parametrize(
    ("missed", "left"),
    [(NoShowState.WAITING, NoShowState.DOUBT), (NoShowState.TOLD, NoShowState.TOLD)],
)
def test_held_tap_ends_a_no_show_only_as_long_as_it_waits(
    house: House, reader: SigningReader, missed: NoShowState, left: NoShowState
) -> None:
    now = house.clock.now()
    with transaction(house.engine) as session:
        mark_missing(session, "353607", [6], MONDAY, state=missed, due_at=now, now=now)
        ming = session.scalars(select(Student.id)).one()
        session.add(AttendanceDay(student_id=ming, school_day=MONDAY + timedelta(days=1)))
    fast = (now + timedelta(hours=8)).isoformat()
    reader.send({"boot_id": "b", "last_seq": 0, "buffered": 0, "clock": fast}, path="heartbeat")
    assert reader.statuses((1, MING, "2026-11-23T13:00:00+08:00")) == ["quarantined"]
    with transaction(house.engine) as session:
        days = session.scalars(select(AttendanceDay).order_by(col(AttendanceDay.school_day)))
        assert [one.no_show for one in days] == [left, NoShowState.NONE]


def test_reader_that_still_holds_taps_is_not_healthy(house: House, reader: SigningReader) -> None:
    now = house.clock.now()
    beat = {"boot_id": "b", "last_seq": 900, "buffered": 900, "clock": now.isoformat()}
    reader.send(beat, path="heartbeat")
    with transaction(house.engine) as session:
        assert gate_health(session, "353607", now).hold is HoldReason.BUFFERED
    reader.send({**beat, "buffered": 0}, path="heartbeat")
    with transaction(house.engine) as session:
        assert gate_health(session, "353607", now).heartbeat == now


@pytest.mark.parametrize(("days", "is_missed"), [(1, False), (-1, True)])
def test_only_a_card_that_counts_today_makes_a_no_show(
    house: House, reader: SigningReader, days: int, is_missed: bool
) -> None:
    now = house.clock.now()
    with transaction(house.engine) as session:
        session.execute(update(Card).values(valid_from=now + timedelta(days=days)))
        session.execute(update(Card).values(valid_until=now + timedelta(days=9)))
        assert bool(_missing(session, now)) is is_missed


def test_child_of_another_school_is_quarantined(
    house: House, reader: SigningReader, make_signing_reader: Callable[..., SigningReader]
) -> None:
    with transaction(house.engine) as session:
        session.execute(
            text(
                "INSERT INTO school (code, name, short_name, district, level, phone, cutoff,"
                " departure_from) SELECT '343502', name, short_name, district, level, phone,"
                " cutoff, departure_from FROM school"
            )
        )
    elsewhere = make_signing_reader(school_code="343502")
    assert elsewhere.statuses((1, MING, AT_0721)) == ["quarantined"]
    assert _stored(house) == (1, 0)


def test_answer_carries_the_server_time(reader: SigningReader) -> None:
    answer = reader.taps((1, MING, AT_0721)).get_json()
    assert answer["server_time"] == "2026-11-23T07:22:00.000+08:00"
    assert reader.client.get("/gate/v1/time").get_json() == {"server_time": answer["server_time"]}


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": "whsec_" + "AAAA" * 8},
        {"minutes": -6},
        {"minutes": 6},
        {"webhook_id": ""},
        {"webhook_id": "x" * 129},
    ],
    ids=["another secret", "too old", "too new", "no id", "long id"],
)
def test_wrong_signature_is_refused_and_stores_nothing(
    house: House, reader: SigningReader, changed: dict[str, Any]
) -> None:
    at = house.clock.now() + timedelta(minutes=changed.get("minutes", 0))
    answer = reader.send(ONE_TAP, **{**changed, "at": at})
    assert (answer.status_code, answer.get_json()) == (401, {"error": "bad_signature"})
    assert _stored(house) == (0, 0)


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_missing_header_is_refused(house: House, reader: SigningReader, header: str) -> None:
    body = json.dumps(ONE_TAP).encode()
    headers = reader.headers(body)
    del headers[header]
    assert reader.post(body, headers).status_code == 401
    assert _stored(house) == (0, 0)


def test_any_changed_byte_is_refused(house: House, reader: SigningReader) -> None:
    body = json.dumps(ONE_TAP).encode()
    for place in range(0, len(body), 7):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        assert reader.post(changed, reader.headers(body)).status_code == 401
    assert _stored(house) == (0, 0)


def test_replayed_request_is_refused(house: House, reader: SigningReader) -> None:
    body = json.dumps(ONE_TAP).encode()
    headers = reader.headers(body)
    assert reader.post(body, headers).status_code == 200
    again = reader.post(body, headers)
    assert (again.status_code, again.get_json()) == (401, {"error": "replayed"})


def test_request_that_failed_may_be_sent_again_as_it_is(
    house: House, reader: SigningReader
) -> None:
    with transaction(house.engine) as session:
        session.execute(text("ALTER TABLE attendance_day RENAME TO away"))
    body = json.dumps(ONE_TAP).encode()
    headers = reader.headers(body)
    failed = reader.post(body, headers)
    assert (failed.status_code, int(failed.headers["Retry-After"]) in range(1, 6)) == (503, True)
    assert _stored(house) == (0, 0)
    with transaction(house.engine) as session:
        session.execute(text("ALTER TABLE away RENAME TO attendance_day"))
    assert reader.post(body, headers).status_code == 200


def test_one_of_several_signatures_is_enough(reader: SigningReader) -> None:
    body = json.dumps(ONE_TAP).encode()
    headers = reader.headers(body)
    headers["webhook-signature"] = f"v1,AAAA {headers['webhook-signature']}"
    assert reader.post(body, headers).status_code == 200


def test_revoked_reader_is_told_so_at_its_next_request(house: House, reader: SigningReader) -> None:
    with transaction(house.engine) as session:
        session.get_one(Reader, reader.reader_id).revoked_at = house.clock.now()
    assert reader.send(ONE_TAP).status_code == 403
    assert _stored(house) == (0, 0)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "body"),
        (b"[]", "body"),
        (b'{"taps": []}', "boot_id"),
        (b'{"boot_id": "", "taps": [{}]}', "boot_id"),
        (b'{"boot_id": "b"}', "taps"),
        (b'{"boot_id": "b", "taps": []}', "taps"),
        (b'{"boot_id": "b", "taps": {}}', "taps"),
        (json.dumps({"boot_id": "b", "taps": [{}] * 501}).encode(), "taps"),
    ],
)
def test_unreadable_body_names_the_place(
    house: House, reader: SigningReader, body: bytes, field: str
) -> None:
    answer = reader.send(body)
    assert (answer.status_code, answer.get_json()["field"]) == (400, field)
    assert _stored(house) == (0, 0)
    with transaction(house.engine) as session:
        assert _rows(session, ReaderNonce) == 0


@pytest.mark.parametrize(
    ("tap", "field"),
    [
        ([], "taps[1]"),
        ({"card_uid": MING, "tapped_at": AT_0721}, "taps[1].seq"),
        ({"seq": True, "card_uid": MING, "tapped_at": AT_0721}, "taps[1].seq"),
        ({"seq": -1, "card_uid": MING, "tapped_at": AT_0721}, "taps[1].seq"),
        ({"seq": 2, "card_uid": "xyz", "tapped_at": AT_0721}, "taps[1].card_uid"),
        ({"seq": 2, "card_uid": MING, "tapped_at": "07:21"}, "taps[1].tapped_at"),
        ({"seq": 2, "card_uid": MING, "tapped_at": "2026-11-23T07:21:05"}, "taps[1].tapped_at"),
        ({"seq": 2, "card_uid": MING, "tapped_at": "0001-01-01T00:00:00Z"}, "taps[1].tapped_at"),
    ],
)
def test_unreadable_tap_is_named_and_the_others_are_recorded(
    house: House, reader: SigningReader, tap: Any, field: str
) -> None:
    answer = reader.send({"boot_id": "b", "taps": [ONE_TAP["taps"][0], tap]})  # type: ignore[index]
    results = answer.get_json()["results"]
    assert answer.status_code == 422
    assert results[0] == {"seq": 1, "status": "recorded"}
    assert (results[1]["status"], results[1]["field"]) == ("invalid", field)
    assert _stored(house) == (1, 1)


def test_body_over_the_limit_is_refused(reader: SigningReader) -> None:
    assert reader.send(b" " * 1_000_001).status_code == 413


def test_heartbeat_measures_the_readers_clock(house: House, reader: SigningReader) -> None:
    slow = (house.clock.now() - timedelta(seconds=40)).isoformat()
    payload = {"boot_id": "b", "last_seq": 7, "buffered": 0, "clock": slow}
    assert reader.send(payload, path="heartbeat").status_code == 200
    with transaction(house.engine) as session:
        heard = session.get_one(Reader, reader.reader_id)
        assert heard.clock_offset_seconds == pytest.approx(40)
        assert heard.last_contact_at == house.clock.now()


def test_heartbeat_without_a_clock_is_named(reader: SigningReader) -> None:
    answer = reader.send({"boot_id": "b", "last_seq": 7, "buffered": 0}, path="heartbeat")
    assert (answer.status_code, answer.get_json()["field"]) == (400, "clock")


def test_a_batch_takes_as_many_statements_as_a_single_tap(
    house: House, reader: SigningReader
) -> None:
    from sqlalchemy import event

    counted: list[str] = []
    event.listen(house.engine, "before_cursor_execute", lambda *call: counted.append(call[2]))
    reader.taps((1, MING, AT_0721))
    single = len(counted)
    counted.clear()
    many = [(n, f"04{n:012X}", AT_0721) for n in range(2, 502)]
    assert set(reader.statuses(*many)) == {"unknown_card"}
    assert len(counted) <= single


OLD_TAP = {"seq": 1, "card_uid": MING, "tapped_at": "2026-11-23T07:16:59+08:00"}


class Crowd:
    """Requests sent at the same time, each by a thread and a client of its own."""

    def __init__(self, reader: SigningReader) -> None:
        self.reader = reader
        self.answers: Queue[TestResponse] = Queue()

    def send(self, payload: Any, times: int = 1) -> None:
        for place in range(times):
            name = f"{place}-{threading.get_ident()}"
            client = self.reader.client.application.test_client()
            own = SigningReader(client, self.reader.house, self.reader.reader_id, name)
            work = partial(self._send, own, payload)
            threading.Thread(target=work, daemon=True).start()

    def _send(self, own: SigningReader, payload: Any) -> None:
        self.answers.put(own.send(payload))

    def next(self) -> TestResponse:
        return self.answers.get(timeout=60)


def test_second_backlog_is_asked_to_come_again(
    house: House, reader: SigningReader, make_signing_reader: Callable[..., SigningReader]
) -> None:
    crowd = Crowd(reader)
    revoked = make_signing_reader()
    with transaction(house.engine) as session:
        session.get_one(Reader, revoked.reader_id).revoked_at = house.clock.now()
    backlog = {"boot_id": "b", "taps": [OLD_TAP]}
    with transaction(house.engine) as session:
        # Whoever comes first is held up here, with the only place taken.
        session.get_one(Reader, reader.reader_id, with_for_update=True)
        crowd.send(backlog, times=2)
        refused = crowd.next()
        assert (refused.status_code, refused.get_json()) == (503, {"error": "busy"})
        assert int(refused.headers["Retry-After"]) in range(1, 6)
        wrong = reader.send(backlog, secret="whsec_" + "AAAA" * 8)
        assert (wrong.status_code, revoked.send(backlog).status_code) == (401, 403)
    assert crowd.next().status_code == 200
    assert reader.send(backlog).status_code == 200, "the place is free again"
    assert _stored(house)[0] == 1


def test_live_taps_pass_a_backlog(
    house: House, reader: SigningReader, make_signing_reader: Callable[..., SigningReader]
) -> None:
    if house.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    crowd, elsewhere = Crowd(reader), make_signing_reader()
    mixed = {"boot_id": "b", "taps": [OLD_TAP, {**OLD_TAP, "seq": 2, "tapped_at": AT_0721}]}
    with transaction(house.engine) as session:
        session.get_one(Reader, reader.reader_id, with_for_update=True)
        crowd.send({"boot_id": "b", "taps": [OLD_TAP]})
        assert elsewhere.send(ONE_TAP).status_code == 200
        assert elsewhere.send(mixed).status_code == 200
    assert crowd.next().status_code == 200


def test_backlog_is_told_by_the_measured_clock(house: House, reader: SigningReader) -> None:
    slow = (house.clock.now() - timedelta(minutes=30)).isoformat()
    payload = {"boot_id": "b", "last_seq": 0, "buffered": 0, "clock": slow}
    assert reader.send(payload, path="heartbeat").status_code == 200
    crowd = Crowd(reader)
    with transaction(house.engine) as session:
        session.get_one(Reader, reader.reader_id, with_for_update=True)
        crowd.send({"boot_id": "b", "taps": [{**OLD_TAP, "tapped_at": slow}]}, times=2)
        with pytest.raises(Empty):
            crowd.answers.get(timeout=0.3)
    assert {crowd.next().status_code, crowd.next().status_code} == {200}


def test_request_that_is_not_signed_waits_for_nobody(house: House, reader: SigningReader) -> None:
    with transaction(house.engine):
        answer = reader.send(ONE_TAP, secret="whsec_" + "AAAA" * 8)
    assert answer.status_code == 401
