"""The policy commands: what they add and show, what they refuse, and how they end."""

from datetime import time

import pytest
from click.testing import CliRunner, Result
from sqlmodel import col, select

from core.calendar.tables import DayPolicy
from core.db import transaction
from core.duty.policy_commands import policy_commands
from core.house import House
from core.settings import Settings, load_settings
from tests.factories import make_school, make_student

USUAL = "cutoff 08:30, departure-from 11:30, grace 5 min, review 0 min, bounce 60 s"


@pytest.fixture
def settings(house: House, database_url: str) -> Settings:
    """Settings of a process at 07:20 on Monday; one school with two grades."""
    with transaction(house.engine) as session:
        make_school(session)
        make_student(session, house)
        make_student(session, house, number="11510002", grade=5)
    return load_settings(
        _env_file=None, database_url=database_url, clock_now="2026-11-23T07:20:00+08:00"
    )


def run(settings: Settings, command: str, *words: str) -> Result:
    return CliRunner().invoke(
        policy_commands, [command, "--school", "353607", *words], obj=settings
    )


def add(settings: Settings, *words: str) -> str:
    result = run(settings, "add", *words)
    assert result.exit_code == 0, result.output
    return result.output.removeprefix("rule ").strip()


def test_list_shows_the_usual_day_then_rules_the_narrowest_last(settings: Settings) -> None:
    ceremony = add(settings, "--date", "2027-01-20", "--dismissal", "12:00", "--reason", "休業式")
    half = add(settings, "--weekday", "wed", "--grade", "6", "--departure-from", "12:00")
    review = add(settings, "--review-minutes", "10", "--grace-minutes", "0")
    assert run(settings, "list").output.splitlines() == [
        f"usual day: {USUAL}",
        f"{review}  every day: grace 0 min, review 10 min",
        f"{half}  wed, grade 6: departure-from 12:00",
        f"{ceremony}  2027-01-20: dismissal 12:00  休業式",
    ]


def test_date_shows_what_holds_for_each_grade(settings: Settings) -> None:
    add(settings, "--weekday", "wed", "--grade", "6", "--cutoff", "08:00")
    shown = run(settings, "show", "--date", "2026-11-25").output.splitlines()
    assert shown == [f"grade 5: {USUAL}", f"grade 6: {USUAL.replace('08:30', '08:00')}"]


def test_rule_with_the_same_aim_is_replaced(house: House, settings: Settings) -> None:
    first = add(settings, "--date", "2026-11-28", "--cutoff", "09:00", "--grace-minutes", "10")
    second = run(settings, "add", "--date", "2026-11-28", "--cutoff", "09:30").output
    # What it had and the new one has not is gone, so it is shown.
    assert f"replaces {first}  2026-11-28: cutoff 09:00, grace 10 min" in second
    with transaction(house.engine) as session:
        rules = session.exec(select(DayPolicy).where(col(DayPolicy.ended_at).is_(None)))
        assert [(rule.cutoff, rule.grace_minutes) for rule in rules] == [(time(9, 30), None)]


def test_ended_rule_is_listed_no_more(settings: Settings) -> None:
    rule_id = add(settings, "--grade", "6", "--cutoff", "08:00")
    assert run(settings, "end", rule_id).output == f"ended {rule_id}\n"
    assert run(settings, "list").output == f"usual day: {USUAL}\n"
    again = run(settings, "end", rule_id)
    assert (again.exit_code, "has no such rule now" in again.output) == (1, True)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--grade", "6"], "Say what differs: --cutoff"),
        (["--cutoff", "12:00"], "The cut-off must be before 11:30"),
        (["--departure-from", "08:00"], "The cut-off must be before 08:00"),
        (["--dismissal", "04:00"], "Write 16:00 for four in the afternoon"),
        (["--date", "2026-11-20", "--cutoff", "09:00"], "2026-11-20 is over"),
        (
            ["--date", "2026-11-28", "--weekday", "sat", "--cutoff", "09:00"],
            "a weekday or for one date",
        ),
    ],
)
def test_refusal_says_what_to_do_and_writes_nothing(
    house: House, settings: Settings, words: list[str], hint: str
) -> None:
    result = run(settings, "add", *words)
    assert (result.exit_code, hint in result.output) == (1, True), result.output
    with transaction(house.engine) as session:
        assert session.exec(select(DayPolicy)).all() == []


@pytest.mark.parametrize("command", ["add", "list", "show"])
def test_unknown_school_is_named(settings: Settings, command: str) -> None:
    words = {"add": ["--cutoff", "09:00"], "list": [], "show": ["--date", "2026-11-25"]}[command]
    result = CliRunner().invoke(
        policy_commands, [command, "--school", "999999", *words], obj=settings
    )
    assert (result.exit_code, "There is no school 999999" in result.output) == (1, True)
