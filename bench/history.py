"""Notices by the thousand: the settled ones of former days, or those that wait to be sent."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from bench.bulk import loading, moment
from bench.messages import message
from bench.town import Town, build_morning, made_id
from core.kinds import Channel, NoticeKind, NoticeState
from core.notices.tables import Notice

LIFETIME = timedelta(minutes=60)
COLUMNS = (
    "id", "dedupe_key", "retry_key", "kind", "student_id", "guardian_id", "channel",
    "line_user_id", "school_day", "content", "priority", "state", "created_at", "due_at",
    "turn_at", "expires_at", "attempts",
)  # fmt: skip
SETTLED = ("first_tried_at", "settled_at", "outcome", "line_request_id")


def build_history(url: str, town: Town, day: date, at: datetime) -> None:
    """Let every child of the town have come on a former day, and every guardian been told."""
    build_morning(url, town, day, lambda _: True, boot=f"boot-{day}")
    late = moment(at)
    with loading(url) as loader:
        loader.load(
            Notice,
            (*COLUMNS, *SETTLED),
            (
                (*row, late, late, "http_200", "0c1b5e0e-6a60-4d4e-8f4c-2d9be3a0f7d1")
                for row in _rows(town, day, at, NoticeState.ACCEPTED)
            ),
        )


def build_queue(url: str, town: Town, at: datetime, laps: int) -> None:
    """Let every guardian have `laps` notices waiting, one a school day."""
    with loading(url) as loader:
        for lap in range(laps):
            day = at.date() + timedelta(days=lap)
            loader.load(Notice, COLUMNS, _rows(town, day, at, NoticeState.PENDING))


def _rows(town: Town, day: date, at: datetime, state: NoticeState) -> Iterator[tuple[Any, ...]]:
    when, end, kind, line = moment(at), moment(at + LIFETIME), NoticeKind.ARRIVAL, Channel.LINE
    for number in town.bound():
        student, guardian = made_id("student", number), made_id("guardian", number)
        yield (
            made_id(f"notice/{day}/", number),
            f"{student}/{day}/{kind.value}/1/{guardian}/{line.value}",
            made_id(f"retry/{day}/", number), kind.value, student, guardian, line.value,
            f"U{made_id('line', number)}", day.isoformat(), message(number), 2, state.value,
            when, when, when, end, int(state is NoticeState.ACCEPTED),
        )  # fmt: skip
