"""Metrics: right numbers, without a walk through the notices, for nobody else's eyes."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, text, update
from sqlmodel import select
from werkzeug.datastructures import Headers

import core.watch.counting
from app import assemble
from core.db import snapshot, transaction
from core.duty.tick_log import TickLog
from core.house import House
from core.kinds import Channel, NoticeState
from core.notices.tables import Notice
from core.orders.tables import TextState
from core.receipts.tables import SmsReceipt
from core.watch.counting import LAG, count_notices
from core.watch.metrics import is_allowed, metrics_page
from core.watch.tables import NoticeCount
from tests.watch.conftest import Ming
from tests.watch.series import silent_text

Go = Callable[..., Any]


def read(house: House) -> dict[str, float]:
    """The page as Prometheus reads it, by series."""
    lines = metrics_page(house).decode().splitlines()
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in lines
        if not line.startswith("#")
    }


def of(name: str, **labels: str) -> str:
    inner = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    return f"gate_{name}{{{inner}}}"


# A month's part is a table of its own.
WALKS = (
    r"Seq Scan on (notice|tap)(_rest|_\d{4}_\d\d)?\b"
    r"|SCAN (notice|tap)\b(?! USING INDEX ix_notice_due)"
)
ARRIVALS = {"channel": "line", "kind": "arrival"}


def test_created_is_the_sum_of_the_states_before_and_after_they_are_counted(
    house: House, ming: Ming, go: Go
) -> None:
    ming.tap()
    for step in ("pending", "accepted", "accepted"):
        page = read(house)
        assert page[of("notices_created", **ARRIVALS)] == 1
        assert page[of("notices", **ARRIVALS, state=step)] == 1
        ming.end()
        go(minutes=2, seconds=1)
        count_notices(house)
    assert page[of("notices_ended", **ARRIVALS, state="accepted", outcome="http_200")] == 1


def test_ended_notices_are_counted_once_however_often_the_tick_runs(
    house: House, ming: Ming, go: Go
) -> None:
    ming.tap()
    ming.end(attempts=3)
    go(minutes=7)
    for _ in range(3):
        count_notices(house)
    with snapshot(house.engine) as session:
        row = session.exec(select(NoticeCount)).one()
    assert (row.number, row.retried, row.tries) == (1, 1, 3)
    assert read(house)[of("notices_retried", **ARRIVALS)] == 1


def test_what_was_committed_late_is_found_by_the_next_nights_count(
    house: House, ming: Ming, go: Go
) -> None:
    go(minutes=5)
    count_notices(house)
    ming.tap()
    ming.end(settled_at=house.clock.now() - LAG - timedelta(seconds=30))
    go(minutes=5)
    count_notices(house)
    with snapshot(house.engine) as session:
        assert session.exec(select(NoticeCount)).all() == []
    go(hours=17, minutes=15)
    count_notices(house)
    count_notices(house)
    with snapshot(house.engine) as session:
        assert session.exec(select(NoticeCount)).one().number == 1


def test_oldest_pending_and_oldest_due_age(house: House, ming: Ming, go: Go) -> None:
    ming.tap()
    go(seconds=61)
    page = read(house)
    assert page["gate_oldest_pending_seconds"] == pytest.approx(61, abs=0.01)
    assert page["gate_oldest_due_seconds"] == pytest.approx(61, abs=0.01)
    assert page["gate_notices_unfinished"] == 1


def test_channels_are_told_apart(house: House, ming: Ming, go: Go) -> None:
    ming.tap()
    with transaction(house.engine) as session:
        session.exec(update(Notice).values(channel=Channel.EMAIL))
    go(minutes=10)
    page = read(house)
    ages = {one: page[of("channel_oldest_seconds", channel=one)] for one in Channel}
    assert ages == {
        Channel.LINE: 0,
        Channel.EMAIL: pytest.approx(600, abs=1),
        Channel.SMS: 0,
        Channel.APP: 0,
    }
    assert page["gate_oldest_pending_seconds"] == ages[Channel.EMAIL]
    assert page[of("notices", channel="email", kind="arrival", state="pending")] == 1


def test_receipts_that_came_and_that_are_missing_are_told(house: House, ming: Ming, go: Go) -> None:
    states = (TextState.SENT, TextState.UNKNOWN, TextState.DELIVERED, TextState.FAILED)
    with transaction(house.engine) as session:
        session.add_all(silent_text("353607", house.clock.now(), one) for one in states)
        session.add(
            SmsReceipt(
                provider="sandbox", provider_id="9", fate="arrived", received_at=house.clock.now()
            )
        )
    page = read(house)
    assert [page[of("texts", state=one)] for one in states] == [1, 1, 1, 1]
    # They have had no time yet.
    assert (page["gate_texts_silent"], page["gate_receipts_unmatched"]) == (0, 1)
    go(hours=2)
    page = read(house)
    assert (page["gate_texts_silent"], page["gate_texts_silent_oldest_seconds"]) == (2, 7200)
    assert of("texts", state="sent") not in page
    go(hours=71)
    assert read(house)["gate_texts_silent"] == 0, "nobody asks after them any more"


def test_backlog_of_a_reader_does_not_look_like_a_dead_worker(
    house: House, ming: Ming, go: Go
) -> None:
    ming.tap(minutes=20)
    go(minutes=5)
    assert read(house)["gate_oldest_due_seconds"] == 0


def test_dwell_is_from_receipt_to_acceptance_over_the_last_hour(
    house: House, ming: Ming, go: Go
) -> None:
    ming.tap()
    go(seconds=7)
    ming.end()
    go(minutes=3)
    count_notices(house)
    page = read(house)
    assert page[of("dwell_seconds_bucket", le="5")] == 0
    assert page[of("dwell_seconds_bucket", le="10")] == 1
    assert page["gate_dwell_seconds_gcount"] == 1
    assert page["gate_dwell_seconds_gsum"] == pytest.approx(7, abs=0.01)
    go(hours=1)
    assert read(house)["gate_dwell_seconds_gcount"] == 0


def test_dwell_is_of_line_alone(house: House, ming: Ming, go: Go) -> None:
    ming.tap()
    go(seconds=7)
    ming.end(channel=Channel.APP)
    go(minutes=3)
    count_notices(house)
    assert read(house)["gate_dwell_seconds_gcount"] == 0


def test_taps_and_silent_readers_are_told(house: House, ming: Ming, go: Go) -> None:
    ming.tap()
    assert (read(house)["gate_taps"], read(house)["gate_readers_silent"]) == (1, 0)
    go(seconds=91)
    assert (read(house)["gate_readers"], read(house)["gate_readers_silent"]) == (1, 1)


def test_age_of_ticks_is_known_to_every_process(house: House, go: Go) -> None:
    log = TickLog()
    log.note("run_no_show_tick", house.clock.now())
    log.store_ticks(house)
    log.store_ticks(house)
    go(seconds=30)
    assert read(house)[of("tick_age_seconds", tick="run_no_show_tick")] == 30


def test_page_names_nobody(house: House, ming: Ming) -> None:
    ming.tap()
    page = metrics_page(house).decode()
    for secret in ("明", "林", "11510001", "353607", str(ming.student_id), str(ming.guardian_id)):
        assert secret not in page
    assert not re.search(r"U[0-9a-f]{32}", page)


def test_no_query_of_a_scrape_walks_through_notices_or_taps(
    house: House, ming: Ming, go: Go
) -> None:
    ming.tap()
    ming.end()
    go(minutes=3)
    count_notices(house)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(house.engine, "before_cursor_execute", note)
    metrics_page(house)
    event.remove(house.engine, "before_cursor_execute", note)
    about_notices = [one for one in asked if re.search(r"FROM (notice|tap)\b", one[0])]
    assert len(about_notices) >= 3
    for statement, values in about_notices:
        plan = explain(house, statement, values)
        assert not re.search(WALKS, plan), plan


def explain(house: House, statement: str, values: Any) -> str:
    with house.engine.connect() as connection:
        if house.engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            return "\n".join(row[3] for row in rows)
        # On an empty table any plan is cheap: what counts is whether an index serves.
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", values)
        return "\n".join(row[0] for row in rows)


@pytest.fixture
def web(house: House) -> FlaskClient:
    return assemble(house).test_client()


def test_page_is_served_to_this_machine_and_hidden_from_others(web: FlaskClient) -> None:
    local = {"REMOTE_ADDR": "127.0.0.1"}
    answer = web.get("/metrics", environ_base=local)
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=")
    assert web.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404
    passed_on = {"X-Forwarded-For": "192.0.2.7"}
    assert web.get("/metrics", environ_base=local, headers=passed_on).status_code == 404
    assert web.get("/metrics", base_url="http://gate.example.tw").status_code == 404


@pytest.mark.parametrize(
    ("token", "given", "allowed"),
    [
        ("s3cret", "Bearer s3cret", True),
        ("s3cret", "Bearer other", False),
        ("s3cret", "Bearer 密", False),
        ("s3cret", "", False),
        ("", "Bearer ", False),
    ],
)
def test_token_opens_the_page_from_anywhere(token: str, given: str, allowed: bool) -> None:
    headers = Headers({"Host": "gate.example.tw", "Authorization": given})
    assert is_allowed(token, "192.0.2.7", headers) is allowed


def test_counting_is_bounded_when_the_clock_was_down_for_days(
    house: House, ming: Ming, go: Go
) -> None:
    ming.tap()
    ming.end()
    count_notices(house)
    go(days=3)
    ming.tap()
    ming.end(NoticeState.DEAD)
    go(minutes=3)
    count_notices(house)
    with snapshot(house.engine) as session:
        counts = session.exec(select(NoticeCount).order_by(NoticeCount.day)).all()  # type: ignore[arg-type]
        assert core.watch.counting.counted_until(session) == house.clock.now() - LAG
    assert [(one.day.day, one.state) for one in counts] == [(23, "accepted"), (26, "dead")]


def test_notices_of_two_days_are_counted_on_their_days(house: House, ming: Ming, go: Go) -> None:
    ming.tap()
    ming.end()
    with transaction(house.engine) as session:
        first = session.exec(select(Notice)).one()
    assert first.settled_at is not None
    go(days=1)
    count_notices(house)
    assert of("notices_created", **ARRIVALS) not in read(house)
