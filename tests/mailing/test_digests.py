"""One letter in the evening for who chose it; what cannot wait does not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from uuid import uuid4

import pytest

from core.clock import at_taipei, school_day_of
from core.db import snapshot, transaction
from core.duty.letter_digest_tick import run_letter_digest_tick
from core.errors import InputError
from core.house import House
from core.kinds import Channel, NoticeKind
from core.languages.language import Language
from core.notices.fan_out import Happening, tell_happenings
from core.people.letter_times import save_letter_time
from core.people.tables import Guardian
from tests.conftest import FixedClock
from tests.factories import make_binding, make_student
from tests.mailing.conftest import (
    BY_EMAIL,
    MONDAY,
    ON_LINE,
    Family,
    correct,
    ends,
    miss,
    rows,
    tick,
)
from tests.post.sandbox import letters_in
from tests.sandbox.client import SandboxClient

Send = Callable[[], int]
EVENING = time(18)


@pytest.fixture
def evening(town: House, family: Family) -> Family:
    """Mei wants the day's letters at 18:00."""
    choose(town, family, EVENING)
    return family


def choose(house: House, family: Family, at: time | None) -> None:
    """Choose when letters come."""
    with transaction(house.engine) as session:
        save_letter_time(session, family.guardian_id, at)


def at(house: House, clock: str, day: date = MONDAY) -> None:
    """Let it be that time of day."""
    assert isinstance(house.clock, FixedClock)
    house.clock.move_to(at_taipei(day, time.fromisoformat(clock)))


def passes(
    house: House,
    family: Family,
    kind: NoticeKind = NoticeKind.ARRIVAL,
    *,
    tapped_at: datetime | None = None,
    occurrence: int = 1,
) -> None:
    """Ming passes the gate now, or did earlier and it comes in now."""
    now = house.clock.now()
    moment = tapped_at or now
    one = Happening(
        student_id=family.student_id,
        school_day=school_day_of(moment),
        kind=kind,
        occurrence=occurrence,
        number=occurrence,
        at=moment,
        tap_id=uuid4(),
        gate="正門",
        arrived_at=moment,
        departed_at=None,
    )
    with transaction(house.engine) as session:
        tell_happenings(session, "liff-1", [one], {}, lambda *_: set(), now)


def a_day(house: House, family: Family) -> None:
    """Ming comes at 07:41 and leaves at 16:05."""
    at(house, "07:41")
    passes(house, family)
    at(house, "16:05")
    passes(house, family, NoticeKind.DEPARTURE)


def test_day_comes_as_one_letter_in_the_evening(
    town: House, evening: Family, send: Send, sandbox: SandboxClient
) -> None:
    a_day(town, evening)
    at(town, "17:59")
    run_letter_digest_tick(town)
    assert send() == 0
    at(town, "18:00")
    run_letter_digest_tick(town)
    assert send() == 1
    letter = letters_in(sandbox)[-1]
    assert letter["subject"] == "11/23（一）到離校整理"
    assert "小明 07:41 到校\n\n小明 16:05 離校" in letter["text"].replace("\r", "")
    assert [end[1:] for end in ends(town)] == [
        ("cancelled", "digested"),
        ("cancelled", "digested"),
        ("accepted", "smtp_250"),
    ]


def test_line_is_told_at_once_all_the_same(town: House, evening: Family) -> None:
    a_day(town, evening)
    assert [row.state for row in rows(town, Channel.LINE)] == ["pending", "pending"]


def test_letter_of_a_day_is_one_whoever_writes_it_and_however_often(
    town: House, evening: Family, send: Send, sandbox: SandboxClient
) -> None:
    a_day(town, evening)
    at(town, "18:00")
    for _ in range(3):
        run_letter_digest_tick(town)
    first = [row for row in rows(town) if row.kind == "email_digest"]
    assert len(first) == 1
    send()
    assert f"<{first[0].retry_key}@sandbox.example>" in str(letters_in(sandbox)[-1])


def test_no_shows_and_corrections_never_wait(town: House, evening: Family, send: Send) -> None:
    at(town, "08:31")
    miss(town, evening)
    assert send() == 1
    at(town, "08:40")
    correct(town, evening)
    assert send() == 1
    assert [end[:2] for end in ends(town)] == [("no_show", "accepted"), ("correction", "accepted")]


def test_news_after_the_letter_goes_at_once(town: House, evening: Family, send: Send) -> None:
    a_day(town, evening)
    at(town, "18:00")
    run_letter_digest_tick(town)
    at(town, "19:10")
    passes(town, evening, NoticeKind.DEPARTURE, occurrence=2)
    assert send() == 2


def test_tap_that_came_in_hours_late_is_in_the_letter(
    town: House, evening: Family, send: Send, sandbox: SandboxClient
) -> None:
    at(town, "15:00")
    passes(town, evening, tapped_at=at_taipei(MONDAY, time(7, 41)))
    at(town, "18:00")
    run_letter_digest_tick(town)
    send()
    assert "小明 07:41 到校" in letters_in(sandbox)[-1]["text"]


def test_what_a_clock_that_was_away_left_comes_the_next_evening_with_its_date(
    town: House, evening: Family, send: Send, sandbox: SandboxClient
) -> None:
    a_day(town, evening)
    tuesday = date(2026, 11, 24)
    at(town, "07:50", tuesday)
    choose(town, evening, time(17))
    passes(town, evening)
    at(town, "17:00", tuesday)
    run_letter_digest_tick(town)
    send()
    text = letters_in(sandbox)[-1]["text"].replace("\r", "")
    assert "11/23（一）・小明 07:41 到校" in text
    assert "\n\n小明 07:50 到校" in text


def test_who_wants_single_letters_again_gets_the_rest_at_once(
    town: House, evening: Family, send: Send
) -> None:
    a_day(town, evening)
    choose(town, evening, None)
    run_letter_digest_tick(town)
    assert send() == 1


def test_who_unticked_or_stopped_reads_no_letter(town: House, evening: Family, send: Send) -> None:
    a_day(town, evening)
    tick(town, evening, ON_LINE)
    at(town, "18:00")
    run_letter_digest_tick(town)
    assert send() == 0
    assert {end[2] for end in ends(town)} == {"not_wanted"}
    tick(town, evening, BY_EMAIL | ON_LINE)
    at(town, "07:41", date(2026, 11, 24))
    passes(town, evening)
    with transaction(town.engine) as session:
        session.get_one(Guardian, evening.guardian_id).stopped_at = town.clock.now()
    at(town, "18:00", date(2026, 11, 24))
    run_letter_digest_tick(town)
    assert send() == 0


def test_siblings_share_a_letter_in_the_readers_language(
    town: House, evening: Family, send: Send, sandbox: SandboxClient
) -> None:
    with transaction(town.engine) as session:
        guardian = session.get_one(Guardian, evening.guardian_id)
        guardian.locale = Language.ENGLISH.value
        other = make_student(session, town, number="11510002", name="王小華")
        binding = make_binding(session, guardian, other)
        second = replace(evening, student_id=other.id, binding_id=binding.id)
    tick(town, second, BY_EMAIL)
    a_day(town, evening)
    passes(town, second, NoticeKind.DEPARTURE)
    at(town, "18:00")
    run_letter_digest_tick(town)
    assert send() == 1
    letter = letters_in(sandbox)[-1]
    assert letter["subject"].startswith("Gate summary")
    assert letter["text"].count("left at 16:05") == 2


def test_hours_nobody_offers_are_refused(town: House, family: Family) -> None:
    with transaction(town.engine) as session, pytest.raises(InputError):
        save_letter_time(session, family.guardian_id, time(3))
    with snapshot(town.engine) as session:
        assert session.get_one(Guardian, family.guardian_id).emails_at is None
