"""The floor of the benches: the same rows by the bare driver, one transaction a batch or school."""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

from bench.bulk import connect, moment
from bench.gate_client import Batch
from bench.town import Town, made_id
from core.clock import school_day_of

Statement = tuple[str, list[tuple[Any, ...]]]

TAP = (
    "tap (id, reader_id, boot_id, seq, card_uid, student_id, direction, tap_at, received_at,"
    " effective_at, school_day, source, verdict)"
)
DAY = (
    "attendance_day (student_id, school_day, arrived_at, arrival_received_at, arrival_is_make_up,"
    " departure_is_make_up, arrivals, departures, no_show)"
)
NOTICE = (
    "notice (id, dedupe_key, retry_key, kind, student_id, guardian_id, channel, line_user_id,"
    " school_day, occurrence, tap_id, content, is_silent, priority, state, created_at, due_at,"
    " expires_at, attempts, turn_at, may_ride)"
)


def insert_all(
    url: str, town: Town, batches: Sequence[Batch], now: datetime, content: bytes
) -> float:
    """Insert the batches one after another over one connection; return the seconds it took."""
    return _run(url, [_statements(town, batch, now, content) for batch in batches])


def insert_missing(
    url: str, town: Town, missing: Iterable[Sequence[int]], now: datetime, content: bytes
) -> float:
    """Insert day rows and no-shows of each school's missing children, by number; return seconds."""
    at, day = moment(now), school_day_of(now).isoformat()
    return _run(
        url,
        [
            [
                (DAY, [_day(number, day, None, "told") for number in numbers]),
                (NOTICE, [_notice(number, "no_show", at, day, content) for number in numbers]),
            ]
            for numbers in missing
        ],
    )


def _run(url: str, prepared: Sequence[Sequence[Statement]]) -> float:
    with closing(connect(url)) as connection:
        mark = "?" if isinstance(connection, sqlite3.Connection) else "%s"
        cursor = connection.cursor()
        started = time.perf_counter()
        for statements in prepared:
            for into, rows in statements:
                if rows:
                    marks = ", ".join([mark] * len(rows[0]))
                    cursor.executemany(f"INSERT INTO {into} VALUES ({marks})", rows)  # noqa: S608
            connection.commit()
        return time.perf_counter() - started


def _statements(town: Town, batch: Batch, now: datetime, content: bytes) -> list[Statement]:
    at, day = moment(now), school_day_of(now).isoformat()
    first = batch.school * town.children + batch.first_seq - 1
    numbers = range(first, first + len(batch.card_uids))
    bound = [number for number in numbers if number in town.bound()]
    return [
        (TAP, [_tap(town, number, at, day) for number in numbers]),
        (DAY, [_day(number, day, at, "none") for number in numbers]),
        (NOTICE, [_notice(number, "arrival", at, day, content) for number in bound]),
    ]


def _day(number: int, day: str, at: str | None, no_show: str) -> tuple[Any, ...]:
    return made_id("student", number), day, at, at, False, False, int(at is not None), 0, no_show


def _tap(town: Town, number: int, at: str, day: str) -> tuple[Any, ...]:
    school, child = divmod(number, town.children)
    return (
        made_id("tap", number), made_id("reader", school), "bench", child + 1,
        town.card_uid(school, child), made_id("student", number), "both", at, at, at, day,
        "card", "accepted",
    )  # fmt: skip


def _notice(number: int, kind: str, at: str, day: str, content: bytes) -> tuple[Any, ...]:
    student, guardian = made_id("student", number), made_id("guardian", number)
    tap = made_id("tap", number) if kind == "arrival" else None
    return (
        made_id("notice", number), f"{student}/{day}/{kind}/1/{guardian}/line",
        made_id("retry", number), kind, student, guardian, "line",
        f"U{made_id('line', number)}", day, 1, tap, content, False, 2,
        "pending", at, at, at, 0, at, False,
    )  # fmt: skip
