"""The story of a child's day: what happened, what was told, and why the rest was not."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import update
from sqlmodel import col, select

from core.attendance.tables import Leave, NoShowRun
from core.audit import AuditEntry
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.gate.tables import Reader, Tap, Verdict
from core.house import House
from core.kinds import NoticeState
from core.people.friends import record_friendship
from core.people.guardians import unlink_account
from core.people.tables import Binding, Student, Subscription
from core.watch.notice_commands import notice_commands
from core.watch.story import find_children, heading, story_of
from tests.factories import MEI
from tests.watch.conftest import Ming

Go = Callable[..., Any]
MONDAY = date(2026, 11, 23)
NAMES = ("明", "林", "雅婷", "11510001", MEI)


def story(house: House, ming: Ming) -> list[str]:
    with snapshot(house.engine) as session:
        child = session.get_one(Student, ming.student_id)
        facts = story_of(session, child, MONDAY)
    assert [one.at for one in facts] == sorted(one.at for one in facts)
    lines = [one.text for one in facts]
    assert not any(name in line for name in NAMES for line in lines)
    return lines


def has(lines: list[str], *words: str) -> bool:
    return any(all(word in line for word in words) for line in lines)


def test_told_arrival_is_followed_from_tap_to_request_id(house: House, ming: Ming, go: Go) -> None:
    ming.tap()
    go(seconds=2)
    ming.end(line_request_id="rid-1")
    lines = story(house, ming)
    assert has(lines, "tap", "at 正門 (both), received 07:20:00: arrival 1")
    assert has(lines, "arrival 1 to guardian", "by line", ": first try")
    assert has(lines, "accepted (http_200), tries 1, LINE request rid-1")
    assert has(lines, "the day as it stands: arrived 07:20:00")
    assert not has(lines, "not told")


def test_arrival_left_to_its_departure_says_so(house: House, ming: Ming) -> None:
    ming.tap()
    ming.end(NoticeState.EXPIRED, outcome="told_later", first_tried_at=None, attempts=0)
    assert has(story(house, ming), "expired (told_later: the departure, which shows it too")


def test_repeated_tap_changes_nothing(house: House, ming: Ming, go: Go) -> None:
    ming.tap()
    go(seconds=10)
    ming.tap()
    assert has(story(house, ming), "received 07:20:10: changes nothing")


def test_tap_under_a_number_that_was_used_says_why_it_counts_for_nothing(
    house: House, ming: Ming, go: Go
) -> None:
    ming.tap()
    go(seconds=10)
    ming.seq -= 1
    ming.tap()
    assert has(story(house, ming), "quarantined (its number was another tap's", "for nothing")


@pytest.mark.parametrize(
    ("doubtful", "why"),
    [
        ({"effective_at": None, "school_day": None}, "the reader's clock was not to be believed"),
        ({}, "a reader of another school"),
    ],
)
def test_quarantined_tap_says_why(
    house: House, ming: Ming, doubtful: dict[str, Any], why: str
) -> None:
    ming.tap()
    with transaction(house.engine) as session:
        session.execute(update(Tap).values(verdict=Verdict.QUARANTINED, **doubtful))
    assert has(story(house, ming), f"quarantined ({why}), stands for nothing")


def untick(house: House, _ming: Ming) -> None:
    with transaction(house.engine) as session:
        session.execute(update(Subscription).values(is_on=False, changed_at=house.clock.now()))


def unlink(house: House, _ming: Ming) -> None:
    with transaction(house.engine) as session:
        unlink_account(session, line_user_id=MEI, now=house.clock.now())


def unbind(house: House, _ming: Ming) -> None:
    with transaction(house.engine) as session:
        session.execute(update(Binding).values(ended_at=house.clock.now(), ended_by="guardian"))


def unfollow(house: House, _ming: Ming) -> None:
    with transaction(house.engine) as session:
        record_friendship(session, line_user_id=MEI, is_following=False, at=house.clock.now())


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (untick, ("arrival 1 not told to guardian", "box not ticked since 2026-11-23 07:20:00")),
        (unlink, ("arrival 1 not told to guardian", "not linked to a LINE account then")),
        (unbind, ("arrival 1 not told to guardian", "binding ended 2026-11-23 07:20:00")),
        (unfollow, ("refused (unfollowed: the guardian does not follow", "never tried")),
    ],
)
def test_reason_why_a_guardian_was_not_told(
    house: House, ming: Ming, act: Callable[[House, Ming], None], words: tuple[str, ...], go: Go
) -> None:
    act(house, ming)
    go(seconds=30)
    ming.tap()
    assert has(story(house, ming), *words)


def test_child_without_guardian_is_told_to_nobody(house: House, ming: Ming) -> None:
    with transaction(house.engine) as session:
        session.execute(update(Binding).values(ended_at=datetime(2026, 9, 2, tzinfo=TAIPEI)))
    ming.tap()
    assert has(story(house, ming), "arrival 1 told to nobody: no guardian was bound")


def test_late_upload_is_stale(house: House, ming: Ming, go: Go) -> None:
    go(hours=2)
    ming.tap(minutes=90)
    lines = story(house, ming)
    assert has(lines, "expired (stale: it was too old to be news when it became known)")


def test_other_ends_are_put_into_words(house: House, ming: Ming) -> None:
    ming.tap()
    ming.end(NoticeState.CANCELLED, outcome="on_demand", first_tried_at=None)
    assert has(story(house, ming), "cancelled (on_demand: the month's quota is short")


def test_notice_that_waits_says_until_when(house: House, ming: Ming) -> None:
    ming.tap()
    assert has(story(house, ming), "pending, due 07:20:00, tries 0")


def test_leave_and_cut_off_are_part_of_the_story(house: House, ming: Ming) -> None:
    now = house.clock.now()
    leave = Leave(
        student_id=ming.student_id,
        first_day=MONDAY,
        last_day=MONDAY,
        reason="sick",
        filed_by=f"guardian:{ming.guardian_id}",
        filed_at=now,
    )
    run = NoShowRun(
        school_code="353607",
        school_day=MONDAY,
        cutoff=time(8, 30),
        state="held",
        hold_reason="silent",
        expected=20,
        arrived=3,
        ran_at=now,
    )
    with transaction(house.engine) as session:
        session.add(leave)
        session.add(run)
    lines = story(house, ming)
    assert has(lines, f"leave filed by guardian {str(ming.guardian_id)[:8]} for", "whole")
    assert not has(lines, "sick")
    assert has(lines, "cut-off 08:30 of the school: held, held: silent, 3 of 20 had come")
    assert has(lines, "nothing to tell")


def test_child_is_found_by_school_and_number_or_by_id(house: House, ming: Ming) -> None:
    with snapshot(house.engine) as session:
        for name in ("353607/11510001", "353607/１１５１０００１", str(ming.student_id)):
            assert [one.id for one in find_children(session, name)] == [ming.student_id]
        for name in ("353607/1", "353608/11510001", "nonsense", str(UUID(int=0))):
            assert find_children(session, name) == []


def test_heading_says_what_kind_of_day_it_is(house: House, ming: Ming) -> None:
    with snapshot(house.engine) as session:
        child = session.get_one(Student, ming.student_id)
        text = heading(session, child, MONDAY)
    assert "353607, grade 6, enrolled; 2026-11-23 is a school day" in text


@pytest.fixture
def operator(house: House) -> Callable[..., tuple[int, str]]:
    """Type a command about notices."""

    def type_command(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(notice_commands, words, obj=house.settings)
        return done.exit_code, done.output

    return type_command


def test_operator_who_looks_is_recorded(
    house: House, ming: Ming, operator: Callable[..., tuple[int, str]]
) -> None:
    ming.tap()
    code, output = operator("why", "353607/11510001", "2026-11-23")
    assert code == 0
    assert "07:20:00  tap" in output
    assert "24:00:00  the day as it stands" in output
    with snapshot(house.engine) as session:
        entry = session.exec(
            select(AuditEntry).where(col(AuditEntry.action) == "notices.why")
        ).one()
    assert (entry.actor, entry.subject) == ("operator", f"student:{ming.student_id}")


def test_unknown_child_is_said_and_nothing_recorded(
    house: House, ming: Ming, operator: Callable[..., tuple[int, str]]
) -> None:
    code, output = operator("why", "353607/9", "2026-11-23")
    assert (code, "no child 353607/9" in output) == (1, True)


def test_dead_are_listed_and_a_refused_replay_says_why(
    house: House, ming: Ming, operator: Callable[..., tuple[int, str]]
) -> None:
    assert operator("dead") == (0, "Nothing is dead or unknown in 7 days.\n")
    house.clock.move_to(datetime.now(TAIPEI))
    with transaction(house.engine) as session:
        session.execute(update(Reader).values(clock_offset_seconds=0.0))
    ming.tap()
    ming.end(NoticeState.DEAD)
    dead = ming.notices()[0]
    code, output = operator("dead")
    assert (code, str(dead.id) in output, "1 dead" in output) == (0, True, True)
    code, output = operator("replay", str(dead.id), str(UUID(int=1)))
    assert code == 1
    assert f"{dead.id} waits again" in output
    assert "is no notice" in output
    assert ming.notices()[0].state == NoticeState.PENDING
