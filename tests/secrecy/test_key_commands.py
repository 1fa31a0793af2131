"""What the operator types to change keys."""

import base64
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlmodel import col, select

from app import main
from core.audit import AuditEntry
from core.crypto import parse_keys
from core.db import snapshot, table_of, transaction
from core.house import House, build_house
from core.people.tables import Student
from core.settings import load_settings
from tests.factories import make_school, make_student


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path) -> str:
    """A database with one child, made under the development keys."""
    path = tmp_path / "gate.db"
    path.write_bytes(sqlite_template.read_bytes())
    with transaction(_house(f"sqlite:///{path}").engine) as session:
        make_school(session)
        make_student(session, _house(f"sqlite:///{path}"))
    return f"sqlite:///{path}"


def _house(url: str) -> House:
    return build_house(load_settings(_env_file=None, database_url=url))


def _run(url: str, *words: str, **environment: str) -> Result:
    return CliRunner().invoke(main, ["keys", *words], env={"DATABASE_URL": url, **environment})


def _with_fresh_keys() -> dict[str, str]:
    plain = load_settings(_env_file=None)
    fresh = base64.b64encode(b"n" * 32).decode()
    return {
        "DATA_KEYS": f"d1:{fresh},{plain.data_keys.get_secret_value()}",
        "INDEX_KEYS": f"i1:{fresh},{plain.index_keys.get_secret_value()}",
    }


def test_new_key_is_one_the_settings_take(place: str) -> None:
    first, second = (_run(place, "new").output.strip() for _ in range(2))
    assert len(parse_keys(f"{first},{second}")) == 2
    assert _run(place, "new", "--id", "k9").output.startswith("k9:")


def test_status_says_what_to_do_before_and_after_a_rotation(place: str) -> None:
    keys = _with_fresh_keys()
    assert "There are no older keys." in _run(place, "status").output
    before = _run(place, "status", **keys)
    assert "DATA_KEYS d0" in before.output and "keys rotate" in before.output
    done = _run(place, "rotate", **keys)
    assert (done.exit_code, "0 still stand" in done.output) == (0, True)
    after = _run(place, "status", **keys)
    assert after.output.count("Take it out of the setting.") == 2


def test_status_warns_of_a_key_taken_out_too_early(place: str) -> None:
    alone = {name: keys.partition(",")[0] for name, keys in _with_fresh_keys().items()}
    asked = _run(place, "status", **alone)
    assert (asked.exit_code, "in no setting" in asked.output) == (1, True)


def test_rotation_leaves_a_record(place: str) -> None:
    _run(place, "rotate", **_with_fresh_keys())
    with snapshot(_house(place).engine) as session:
        entry = session.exec(
            select(AuditEntry).where(col(AuditEntry.action) == "keys.rotate")
        ).one()
    assert (entry.actor, entry.subject) == ("operator", "keys:d1/i1")


def test_rotation_says_what_no_key_opens(place: str) -> None:
    broken = _house(place).vault.seal("x", "guardian.phone")
    with transaction(_house(place).engine) as session:
        session.execute(table_of(Student).update().values(birth_date_sealed=broken))
    done = _run(place, "rotate", **_with_fresh_keys())
    assert done.exit_code == 1
    assert "student.birth_date_sealed: no key opens 1 values." in done.output
