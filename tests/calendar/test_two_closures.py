"""Two closures of one day: what is told of the one that is undone, and then of the other."""

from core.calendar.scopes import ClosureScope
from core.db import transaction
from core.delivery.settle import Settlement, settle
from core.duty.closure_tick import run_closure_tick
from core.house import House
from core.kinds import DayPart, NoticeKind, NoticeState
from tests.calendar.test_closure_tick import (
    EVENING,
    close,
    due,
    families,  # noqa: F401
    reopen,
    send,
    told,
)

PRIMARIES = ClosureScope(level="國小")


def test_half_day_that_was_undone_too_is_told_no_more(families: House) -> None:  # noqa: F811
    city = close(families)
    run_closure_tick(families)
    send(families)
    half = close(families, scope=PRIMARIES, part=DayPart.MORNING, source="教育局")
    run_closure_tick(families)
    reopen(families, city)
    run_closure_tick(families)
    reopen(families, half)
    run_closure_tick(families)
    assert not [one for one in told(families) if "pending" in one], "of no closure that is undone"
    assert told(families, NoticeKind.CLOSURE_OFF) == ["Ua pending", "Ub pending"]


def test_who_read_of_the_first_alone_hears_when_the_second_is_undone(families: House) -> None:  # noqa: F811
    first = close(families)
    run_closure_tick(families)
    send(families)
    second = close(families, scope=PRIMARIES, source="教育局")
    run_closure_tick(families)
    for one in (first, second):
        reopen(families, one)
        run_closure_tick(families)
    assert told(families, NoticeKind.CLOSURE_OFF) == ["Ua pending", "Ub pending"]
    assert due(families) == 0


def test_lessons_are_promised_after_the_half_day_has_landed(families: House) -> None:  # noqa: F811
    half = close(families, part=DayPart.MORNING, source="教育局")
    city = close(families)
    run_closure_tick(families)
    send(families)
    reopen(families, city)
    run_closure_tick(families)
    leased = send(families, settles=False)
    reopen(families, half)
    run_closure_tick(families)
    assert told(families, NoticeKind.CLOSURE_OFF) == []
    ends = (NoticeState.ACCEPTED, "http_200")
    with transaction(families.engine) as session:
        done = [Settlement(one.id, one.school_day, one.lease_token, *ends) for one in leased]
        settle(session, done, EVENING)
    run_closure_tick(families)
    assert told(families, NoticeKind.CLOSURE_OFF) == ["Ua pending", "Ub pending"]
    assert due(families) == 0


def test_closure_of_another_grade_keeps_nobody_else_at_home(families: House) -> None:  # noqa: F811
    close(families, scope=ClosureScope(school_code="353607", grade=1), source="學校")
    city = close(families)
    run_closure_tick(families)
    send(families)
    reopen(families, city)
    run_closure_tick(families)
    assert told(families, NoticeKind.CLOSURE_OFF) == ["Ua pending", "Ub pending"]


def test_half_day_that_goes_on_by_another_closure_is_no_news(families: House) -> None:  # noqa: F811
    city = close(families, part=DayPart.MORNING)
    close(families, scope=PRIMARIES, part=DayPart.MORNING, source="教育局")
    run_closure_tick(families)
    send(families)
    reopen(families, city)
    run_closure_tick(families)
    every = told(families) + told(families, NoticeKind.CLOSURE_OFF)
    assert not [one for one in every if "pending" in str(one)]
