"""After a leak: whose data was touched, found within minutes, safe to open in a spreadsheet."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlmodel import col, select

from app import main
from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.house import House
from core.people.guardians import NAME
from core.people.looks import record_looks
from core.secrecy.incident import Span, touched_by_actor, touched_by_key
from tests.factories import make_binding, make_guardian, make_school, make_staff, make_student

SINCE = "2026-11-23T00:00"


@pytest.fixture
def officer(house: House) -> UUID:
    """An officer who looked at Ming and at another child, and a guardian bound to Ming."""
    now = house.clock.now()
    with transaction(house.engine) as session:
        make_school(session)
        ming, other = make_student(session, house), make_student(session, house, number="11510002")
        guardian = make_guardian(session, house)
        guardian.name_sealed = house.vault.seal("=林雅婷", NAME)
        make_binding(session, guardian, ming)
        officer = make_staff(session, house, "U" + "d" * 32)
        actor = f"staff:{officer.id}"
        record_looks(session, actor=actor, students=[ming.id, other.id], now=now)
        record_looks(session, actor=actor, students=[ming.id], now=now - timedelta(days=3))
        record_looks(session, actor="staff:other", students=[other.id], now=now)
        return officer.id


def _run(house: House, *words: str) -> Result:
    url = house.engine.url.render_as_string(hide_password=False)
    environment = {"DATABASE_URL": url, "CLOCK_NOW": "2026-11-23T07:30"}
    return CliRunner().invoke(
        main, ["incident", "report", "--since", SINCE, *words], env=environment
    )


def _rows(text: str) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(text)) if row]


def test_account_is_followed_to_every_child_it_looked_at(house: House, officer: UUID) -> None:
    now = house.clock.now()
    with snapshot(house.engine) as session:
        span = Span(now - timedelta(hours=1), now + timedelta(hours=1))
        touched = list(touched_by_actor(session, f"staff:{officer}", span))
        longer = Span(now - timedelta(days=9), now + timedelta(hours=1))
        times = [one.times for one in touched_by_actor(session, f"staff:{officer}", longer)]
    assert {one.how for one in touched} == {"student.look"}
    assert (len(touched), sorted(times)) == (2, [1, 2])


def test_account_that_did_nothing_may_be_misspelt(house: House, officer: UUID) -> None:
    assert "written as staff:<id>" in _run(house, "--actor", str(officer)).stderr
    assert "written as" not in _run(house, "--actor", f"staff:{officer}").stderr


def test_everybody_is_listed_for_a_span(house: House, officer: UUID) -> None:
    answer = _run(house, "--all")
    whose = [row[0] for row in _rows(answer.stdout)[1:]]
    assert sum(one.startswith("student:") for one in whose) == 2
    assert "林雅婷" not in answer.output


def test_key_is_followed_to_everybody_whose_data_it_opens(house: House, officer: UUID) -> None:
    key_id = house.vault.data_key_ids[0]
    with snapshot(house.engine) as session:
        whose = {one.whose.partition(":")[0] for one in touched_by_key(session, key_id)}
        none = list(touched_by_key(session, "never"))
    assert {"student", "guardian", "staff"} <= whose
    assert none == []


def test_contacts_are_opened_when_asked_for_and_harmless_in_a_spreadsheet(
    house: House, officer: UUID, tmp_path: Path
) -> None:
    path = tmp_path / "who.csv"
    answer = _run(house, "--actor", f"staff:{officer}", "--contacts", "--to", str(path))
    assert answer.exit_code == 0
    (head, row) = _rows(path.read_text(encoding="utf-8-sig"))
    assert head == ["guardian", "name", "email", "phone"]
    assert row[1] == "'=林雅婷"
    assert path.stat().st_mode & 0o777 == 0o600


def test_file_that_is_there_is_left_alone_and_another_asked_for(
    house: House, tmp_path: Path
) -> None:
    path = tmp_path / "who.csv"
    path.write_text("open to everybody")
    answer = _run(house, "--all", "--contacts", "--to", str(path))
    assert answer.exit_code == 1
    assert f"{path} is there already. Name a new file with --to." in answer.stderr
    assert path.read_text() == "open to everybody"
    with snapshot(house.engine) as session:
        assert session.exec(select(AuditEntry)).all() == []


def test_report_is_recorded_and_says_what_is_not_known(house: House, officer: UUID) -> None:
    answer = _run(house, "--all")
    assert "Not known:" in answer.stderr
    with snapshot(house.engine) as session:
        entry = session.exec(
            select(AuditEntry).where(col(AuditEntry.action) == "incident.report")
        ).one()
    assert (entry.actor, entry.subject) == ("operator", "all")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--all", "--key", "d0"),
        ("--all", "--until", "2026-11-22"),
        ("--all", "--until", "noon"),
    ],
)
def test_unclear_question_is_refused_and_not_recorded(house: House, words: tuple[str, ...]) -> None:
    answer = _run(house, *words)
    assert answer.exit_code == 1
    with snapshot(house.engine) as session:
        assert session.exec(select(AuditEntry)).all() == []


def test_report_says_by_when_the_authority_has_to_know(house: House, officer: UUID) -> None:
    told = _run(house, "--all").stderr
    assert "report to the authority by 2026-11-26T07:30" in told
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INCIDENT_REPORT_HOURS", "24")
        assert "report to the authority by 2026-11-24T07:30" in _run(house, "--all").stderr
