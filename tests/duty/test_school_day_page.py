"""The page on the school day: its commands run as they stand, its numbers are the code's."""

import importlib
import re
import shlex
from datetime import time, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlmodel import select

from app import main
from bot.staff_commands import StaffVerb, read_staff
from core.db import transaction
from core.duty.commands import seed_database
from core.house import House
from core.people.tables import Staff, StaffRole
from core.settings import Settings, load_settings
from tests.factories import LONG_AGO, MEI

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "school-day.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"python app\.py ([^`\n]+)")
NUMBER = re.compile(r"^\| (?P<value>[^|]+) \| [^|]+ \| `(?P<path>[a-z_.]+)\.(?P<name>[A-Z_]+)` \|$")
TYPED = re.compile(r"「([^」]*[0-9 ][^」]*)」")
UNITS = {
    "s": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
CALENDAR_FILE = "西元日期,星期,是否放假,備註\r\n20270101,五,2,開國紀念日\r\n"


@pytest.fixture
def settings(house: House, database_url: str, tmp_path: Path) -> Settings:
    """Settings of a process at 07:20 on Monday, with the sample and one member of staff."""
    seed_database(house, tmp_path / "sample.json")
    with transaction(house.engine) as session:
        name = house.vault.seal("許育文", "staff.name")
        role = StaffRole.BUREAU_ADMIN
        session.add(Staff(line_user_id=MEI, name_sealed=name, role=role, enrolled_at=LONG_AGO))
    return load_settings(
        _env_file=None, database_url=database_url, clock_now="2026-11-23T07:20:00+08:00"
    )


def test_commands_run_as_they_stand(
    house: House, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("116.csv").write_text(CALENDAR_FILE, encoding="utf-8", newline="")
    with transaction(house.engine) as session:
        known = {"STAFF_ID": str(session.exec(select(Staff.id)).one())}
    lines = COMMAND.findall(PAGE)
    assert len(lines) > 20
    for line in lines:
        result = _run(settings, [known.get(word, word) for word in shlex.split(line)])
        assert result.exit_code == 0, (line, result.output)
        if made := re.match(r"rule (\S+)", result.output):
            known["RULE_ID"] = made[1]


def _run(settings: Settings, words: list[str]) -> Result:
    return CliRunner().invoke(main.commands[words[0]], words[1:], obj=settings)


def test_numbers_are_those_of_the_code() -> None:
    rows = [found for line in PAGE.splitlines() if (found := NUMBER.match(line))]
    assert len(rows) > 20
    told = {f"{row['path']}.{row['name']}": _value(row["value"]) for row in rows}
    assert told == {
        f"{row['path']}.{row['name']}": getattr(importlib.import_module(row["path"]), row["name"])
        for row in rows
    }


def _value(text: str) -> object:
    number, _, unit = text.partition(" ")
    if ":" in number:
        return time.fromisoformat(number)
    amount = float(number) if "." in number else int(number)
    return amount * UNITS[unit] if unit else amount


def test_what_staff_type_is_understood() -> None:
    typed = [text for text in TYPED.findall(PAGE) if not text.startswith("請假 小晴")]
    verbs = {text: read_staff(text) for text in typed}
    assert {ask.verb for ask in verbs.values() if ask} >= {
        StaffVerb.MAKE_UP,
        StaffVerb.MAKE_UP_UNDO,
        StaffVerb.LEAVE,
        StaffVerb.CLOSE,
    }
    assert [text for text, ask in verbs.items() if ask is None] == []
