"""Each part of the load is judged by its own marks, and what was not held is told by name."""

from dataclasses import replace

import pytest

from bench.load_marks import Facts, Judged, judge_marks, longest_run
from bench.load_parts import PARTS, City, Mark
from bench.load_stub import Ledger
from bench.load_words import Outcome, is_promise_held, told
from bench.verdict import Telling, Verdict

CITY = City(scale=1, hurry=1)
BY_NAME = {part.name: part for part in PARTS}
GREEN = Verdict(0, 0, 0, 0)


def ledger(*, by_second: dict[str, int] | None = None, ends_at: float = 600.0) -> Ledger:
    """A LINE whose outage, if there was one, ended ten minutes on."""
    return Ledger({}, {}, {}, by_second or {}, ends_at)


def told_after(*seconds: float, school: int = 1, due: float = 0.0) -> list[Telling]:
    """Who tapped at `due` was told so many seconds later."""
    return [Telling(school, due, due + one) for one in seconds]


def held(
    name: str,
    heard: list[Telling],
    rate: float = 0.0,
    city: City = CITY,
    line: Ledger | None = None,
) -> dict[Mark, bool | None]:
    """How the marks of a part are met."""
    facts = Facts(city, BY_NAME[name], heard, line or ledger(), rate)
    return {one.mark: one.is_held for one in judge_marks(facts)}


@pytest.mark.parametrize("name", ["morning", "ceiling", "dismissal", "storm"])
@pytest.mark.parametrize(
    ("seconds", "is_held"),
    [
        ([1.0] * 95 + [9.0] * 4 + [60.0], True),
        ([1.0] * 94 + [9.0] * 6, False),
        ([1.0] * 98 + [11.0] * 2, False),
        ([], False),
    ],
)
def test_live_taps_are_told_in_time(name: str, seconds: list[float], is_held: bool) -> None:
    assert held(name, told_after(*seconds))[Mark.ON_TIME] is is_held


def test_loud_school_may_be_late_but_no_other() -> None:
    late, soon = [60.0] * 20, [1.0] * 20
    beside = told_after(*late, school=0)
    assert held("loud", [*beside, *told_after(*soon)]) == {Mark.OTHERS_ON_TIME: True}
    beside = told_after(*soon, school=0)
    assert held("loud", [*beside, *told_after(*late)]) == {Mark.OTHERS_ON_TIME: False}


@pytest.mark.parametrize(
    ("due", "at", "is_held"),
    [
        (0.0, 899.0, True),
        (0.0, 901.0, False),
        (650.0, 899.0, True),
        (895.0, 904.0, True),
        (895.0, 906.0, False),
    ],
)
def test_backlog_of_an_outage_is_gone_within_five_minutes(
    due: float, at: float, is_held: bool
) -> None:
    assert held("outage", [Telling(1, due, at)])[Mark.AFTER_OUTAGE] is is_held


def test_more_pushes_a_second_than_line_allows_are_seen() -> None:
    heard = told_after(1.0)
    most = ledger(by_second={"7": 2_000})
    assert held("outage", heard, line=most)[Mark.LINE_LIMIT]
    most = ledger(by_second={"7": 2_001})
    assert held("outage", heard, line=most)[Mark.LINE_LIMIT] is False


def test_pace_may_pass_an_allowance_for_a_moment_only() -> None:
    assert longest_run({"1": 9, "2": 11, "3": 11, "4": 10, "5": 11}, 10.0) == 2
    over = {str(second): 200 for second in range(11)}
    assert held("limit", told_after(1.0), line=ledger(by_second=over))[Mark.YIELDING] is False
    del over["5"]
    assert held("limit", told_after(1.0), line=ledger(by_second=over))[Mark.YIELDING] is True


def test_all_are_told_in_twice_the_time_an_allowance_takes() -> None:
    # 1,175 pushes at 117.5 a second want 10 seconds.
    in_time, late = told_after(*[50.0] * 1175), told_after(*[51.0] * 1175)
    assert held("limit", in_time)[Mark.ALLOWED_TIME] is True
    assert held("limit", late)[Mark.ALLOWED_TIME] is False


def test_rate_of_what_was_kept_counts_for_the_whole_city_only() -> None:
    heard = told_after(1.0)
    assert held("flush", heard, 2_000)[Mark.TAKEN] is True
    assert held("flush", heard, 1_999)[Mark.TAKEN] is False
    assert held("flush", heard, 500, City(0.1, 1))[Mark.TAKEN] is None


@pytest.mark.parametrize(
    ("count", "seconds", "is_held"),
    [(13_005, 59.0, True), (13_005, 61.0, False), (130, 10.0, True), (130, 11.0, False)],
)
def test_burst_of_no_shows_has_its_minute(count: int, seconds: float, is_held: bool) -> None:
    assert held("no-show", told_after(*[seconds] * count)) == {Mark.NO_SHOWS: is_held}


def outcome(name: str, is_held: bool | None = True, verdict: Verdict = GREEN) -> Outcome:
    """A part that came to this."""
    part = BY_NAME[name]
    judged = [Judged(mark, is_held, "3 s") for mark in part.marks]
    return Outcome(part, {"told": [3.0]}, 1, 0.0, {200: 1}, {"200": 1}, verdict, judged)


EVERYTHING = [outcome(name) for name in BY_NAME]


def test_load_is_green_when_every_part_was_held() -> None:
    said = told(CITY, EVERYTHING)
    assert (said["is_green"], said["not_held"]) == (True, [])
    assert said["parts"]["morning"].startswith("held: ")


@pytest.mark.parametrize("name", [name for name in BY_NAME if name != "ceiling"])
def test_part_that_was_missed_or_left_out_fails_the_promise(name: str) -> None:
    others = [one for one in EVERYTHING if one.part.name != name]
    missed = [*others, outcome(name, is_held=False)]
    assert not is_promise_held(missed)
    assert told(CITY, missed)["not_held"] == [name]
    assert told(CITY, missed)["is_green"] is told(CITY, others)["is_green"] is False


def test_ceiling_that_was_not_held_is_named_and_fails_nothing() -> None:
    others = [one for one in EVERYTHING if one.part.name != "ceiling"]
    said = told(CITY, [*others, outcome("ceiling", is_held=False)])
    assert (said["is_green"], said["not_held"]) == (True, ["ceiling"])
    assert said["parts"]["ceiling"].startswith("NOT HELD on this machine: ")


def test_tap_lost_at_the_ceiling_fails_the_promise() -> None:
    lost = replace(GREEN, lost=1)
    assert not is_promise_held([outcome("ceiling", verdict=lost)])


def test_mark_that_a_small_load_cannot_tell_is_said_and_fails_nothing() -> None:
    flush = outcome("flush", is_held=None)
    assert is_promise_held([flush])
    assert "not judged at this size" in told(CITY, [flush])["parts"]["flush"]
