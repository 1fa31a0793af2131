"""The calendar's command line: what it says, what it refuses, and how it ends."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlmodel import select

from core.calendar.tables import Closure, OfficeDay
from core.db import transaction
from core.duty.calendar_commands import calendar_commands, closure_commands
from core.duty.order_commands import order_commands
from core.house import House
from core.kinds import NoticeKind
from core.notices.tables import Notice
from core.people.tables import Staff, StaffRole
from core.settings import Settings, load_settings
from tests.factories import LONG_AGO, MEI, make_school, make_student

NOTICE = "[停班停課通知]臺北市:明天停止上班、停止上課。"


@pytest.fixture
def settings(house: House, database_url: str) -> Settings:
    """Settings of a process at 20:10 on Monday, with one school in its database."""
    with transaction(house.engine) as session:
        make_school(session)
    return load_settings(
        _env_file=None, database_url=database_url, clock_now="2026-11-23T20:10:00+08:00"
    )


def run(settings: Settings, *words: str) -> Result:
    groups = {"closure": closure_commands, "orders": order_commands}
    group = groups.get(words[0], calendar_commands)
    return CliRunner().invoke(group, words[1:], obj=settings)


def test_month_shows_terms_days_of_our_own_and_grades(house: House, settings: Settings) -> None:
    with transaction(house.engine) as session:
        make_student(session, house)
        make_student(session, house, number="11510002", grade=5)
    term = ["--year", "115", "--number", "1", "--first", "2026-08-31", "--last", "2027-01-20"]
    assert run(settings, "calendar", "term", "set", *term, "--source", "公文").exit_code == 0
    day = ["2026-11-27", "--closed", "--reason", "校外教學", "--source", "校務會議"]
    scope = ["--scope", "353607/6"]
    assert run(settings, "calendar", "day", "set", *day, *scope).exit_code == 0
    shown = run(settings, "calendar", "show", "--school", "353607", "--month", "2026-11").output
    assert "2026-11-26 Thu  open\n" in shown
    assert "2026-11-27 Fri  open    grade 5\n" in shown
    assert "2026-11-27 Fri  closed  校外教學  grade 6\n" in shown
    listed = run(settings, "calendar", "day", "list").output
    assert listed == "2026-11-27  closed  353607/6  校外教學  校務會議\n"
    january = run(settings, "calendar", "show", "--school", "353607", "--month", "2027-01").output
    assert "2027-01-21 Thu  closed  寒假\n" in january
    assert run(settings, "calendar", "day", "remove", "2026-11-27", *scope).exit_code == 0
    again = run(settings, "calendar", "show", "--school", "353607").output
    assert "2026-11-27 Fri  open\n" in again
    assert "115-1  city  2026-08-31…2027-01-20" in run(settings, "calendar", "term", "list").output


def test_file_is_imported_with_its_counts(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "116.csv"
    path.write_bytes("西元日期,星期,是否放假,備註\r\n20270101,五,2,開國紀念日\r\n".encode())
    assert run(settings, "calendar", "import", str(path)).output == (
        "added 1, changed 0, unchanged 0\n"
    )
    assert "unchanged 1" in run(settings, "calendar", "import", str(path)).output


def test_broken_file_names_every_line_and_writes_nothing(
    house: House, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "116.csv"
    path.write_text("西元日期,星期,是否放假,備註\n20270101,五,2,\n20270102,五,2,\n20270103,日,9,\n")
    result = run(settings, "calendar", "import", str(path))
    assert result.exit_code == 1
    for words in ("line 3: not the weekday", "line 4: 是否放假 must be 0 or 2 (9)", "Nothing was"):
        assert words in result.output
    with transaction(house.engine) as session:
        assert session.exec(select(OfficeDay)).all() == []


@pytest.mark.parametrize(
    "words",
    [
        ["calendar", "term", "set", "--year", "99999999999", "--number", "1", "--source", "slip"],
        ["calendar", "term", "set", "--year", "116", "--number", "1", "--source", "slip"]
        + ["--billing-days", "99999999999"],
        ["orders", "plan", "add", "116-1", "--billing-days", "99999999999"],
        ["orders", "plan", "add", "116-1", "--billing-days", "91", "--both", "99999999999"],
        ["orders", "plan", "add", "99999999999-1", "--billing-days", "91"],
    ],
)
def test_number_no_column_holds_is_refused(settings: Settings, words: list[str]) -> None:
    refused = run(settings, *words, "--first", "2027-09-07", "--last", "2028-01-20")
    assert isinstance(refused.exception, SystemExit), refused.exception
    assert any(words in refused.output for words in ("is not in the range", "is no semester"))


@pytest.mark.parametrize("written", [str.lower, str.upper])
def test_plan_is_added_as_operations_md_writes_it(
    settings: Settings, written: Callable[[str], str]
) -> None:
    facts = ["--first", "2026-09-07", "--last", "2027-01-20", "--billing-days", "91"]
    who = ["--rounding", written("per_item"), "--shortfall-by", written("guardian")]
    added = run(settings, "orders", "plan", "add", "115-1", *facts, *who)
    assert (added.exit_code, "per_item  guardian" in added.output) == (0, True), added.output


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["calendar", "show", "--school", "999999"], "There is no school 999999"),
        (["calendar", "day", "remove", "2026-11-27"], "Nothing is set for 2026-11-27"),
        (
            ["calendar", "day", "set", "2026-11-27", "--closed", "--reason", " ", "--source", "x"],
            "reason: write",
        ),
        (
            ["calendar", "day", "set", "2026-11-27", "--open", "--reason", "補課", "--source", "x"]
            + ["--scope", "國小"],
            "scope: it names no school here. Write city, district:",
        ),
        (
            ["calendar", "term", "set", "--year", "114", "--number", "1", "--first", "2025-09-08"]
            + ["--last", "2025-01-23", "--source", "slip"],
            "last_day: it lies outside the school year",
        ),
        (
            ["closure", "read", NOTICE, "--announced", "2026-11-24 20:05"],
            "in the future (2026-11-24 20:05)",
        ),
    ],
)
def test_refusal_says_what_to_do(settings: Settings, words: list[str], hint: str) -> None:
    result = run(settings, *words)
    assert result.exit_code == 1
    assert hint in result.output


def test_notice_is_read_into_a_find_once(house: House, settings: Settings) -> None:
    with transaction(house.engine) as session:
        officer = Staff(
            line_user_id=MEI,
            name_sealed=house.vault.seal("陳科長", "staff.name"),
            role=StaffRole.BUREAU_ADMIN,
            enrolled_at=LONG_AGO,
        )
        session.add(officer)
    words = ["closure", "read", NOTICE, "--announced", "2026-11-23 20:05"]
    assert "全市，11/24（二）全天" in run(settings, *words).output
    assert "new 0, known or past 1" in run(settings, *words).output
    listed = run(settings, "closure", "list").output
    assert listed.startswith("found")
    assert "行政院人事行政總處" in listed
    with transaction(house.engine) as session:
        assert session.exec(select(Closure)).one().day == date(2026, 11, 24)
        notice = session.exec(select(Notice)).one()
        assert (notice.kind, notice.staff_id) == (NoticeKind.CLOSURE_FOUND, officer.id)


def test_notice_that_says_open_finds_nothing(house: House, settings: Settings) -> None:
    result = run(settings, "closure", "read", "臺北市:明天照常上班、照常上課。")
    assert result.exit_code == 0
    assert "Nothing to propose" in result.output
    with transaction(house.engine) as session:
        assert session.exec(select(Closure)).all() == []
