"""A role goes by the name of a class: whose children a file moves, somebody is told to look."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.db import snapshot, transaction
from core.duty.roster_commands import roster_commands
from core.house import House
from core.people.tables import StaffRole
from core.roster.comparing import compare
from core.roster.rows import read_roster
from core.roster.taking_over import take_over
from core.roster.teachers import teachers_to_review
from tests.factories import make_school, make_staff
from tests.roster.files import MING, QING, as_csv, row

TODAY = date(2026, 11, 23)
UP = [row(MING, grade="7", homeroom="703"), row(QING, grade="7", homeroom="703")]
GONE = [row(MING, status="畢業"), row(QING, status="畢業")]


@pytest.fixture(autouse=True)
def children(house: House) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        for number, homeroom in enumerate(("603", "703")):
            role = StaffRole.HOMEROOM_TEACHER
            make_staff(session, house, f"U{number:032}", role=role, homeroom=homeroom)
        rows = read_roster(as_csv([MING, QING]), "a.csv", today=TODAY)
        plan = compare(session, house.vault, rows)
        take_over(session, house.vault, "liff", plan, by="operator", now=house.clock.now())


@pytest.mark.parametrize(
    ("rows", "classes"),
    [
        (UP, ["603"]),
        (GONE, ["603"]),
        ([UP[0], QING], []),
        ([row(MING, seat_number="1"), row(QING, name="林小琴")], []),
        ([row(MING, student_number="11510009", national_id="A800000014")], []),
    ],
    ids=["all go up", "all leave", "half go", "all stay", "one more comes"],
)
def test_teachers_are_named_where_most_of_their_children_go(
    house: House, rows: list[Sequence[str]], classes: list[str]
) -> None:
    with snapshot(house.engine) as session:
        plan = compare(session, house.vault, read_roster(as_csv(rows), "a.csv", today=TODAY))
        assert [one.homeroom for one in teachers_to_review(session, plan)] == classes


def test_operator_reads_which_classes_they_are_before_and_while_it_is_done(
    house: House, tmp_path: Path
) -> None:
    file = tmp_path / "up.csv"
    file.write_bytes(as_csv(UP))
    url = house.engine.url.render_as_string(hide_password=False)
    settings = house.settings.model_copy(update={"database_url": url})
    said = "Teachers to review, most of their children leave: 353607 603\n"
    for more in (["--dry-run"], []):
        done = CliRunner().invoke(roster_commands, ["import", str(file), *more], obj=settings)
        assert said in done.output
    again = CliRunner().invoke(roster_commands, ["import", str(file)], obj=settings)
    assert "Teachers" not in again.output
