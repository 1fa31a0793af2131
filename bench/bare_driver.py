"""The floor of the ingest bench: the same rows by the bare driver, one transaction a batch."""

import sqlite3
import time
from collections.abc import Sequence
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
    " expires_at, attempts)"
)


def insert_all(
    url: str, town: Town, batches: Sequence[Batch], now: datetime, content: bytes
) -> float:
    """Insert the batches one after another over one connection; return the seconds it took."""
    prepared = [_statements(town, batch, now, content) for batch in batches]
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
        (
            DAY,
            [
                (made_id("student", number), day, at, at, False, False, 1, 0, "none")
                for number in numbers
            ],
        ),
        (NOTICE, [_notice(number, at, day, content) for number in bound]),
    ]


def _tap(town: Town, number: int, at: str, day: str) -> tuple[Any, ...]:
    school, child = divmod(number, town.children)
    return (
        made_id("tap", number), made_id("reader", school), "bench", child + 1,
        town.card_uid(school, child), made_id("student", number), "both", at, at, at, day,
        "card", "accepted",
    )  # fmt: skip


def _notice(number: int, at: str, day: str, content: bytes) -> tuple[Any, ...]:
    student, guardian = made_id("student", number), made_id("guardian", number)
    return (
        made_id("notice", number), f"{student}/{day}/arrival/1/{guardian}/line",
        made_id("retry", number), "arrival", student, guardian, "line",
        f"U{made_id('line', number)}", day, 1, made_id("tap", number), content, False, 2,
        "pending", at, at, at, 0,
    )  # fmt: skip
