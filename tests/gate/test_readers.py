"""Readers' secrets from adding to revoking, on the command line and at the gate."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlmodel import Session, select

from core.audit import AuditEntry
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.duty.reader_commands import reader_commands
from core.errors import InputError
from core.gate.readers import (
    finish_rotation,
    mark_cloned,
    next_secret_seen_at,
    revoke_reader,
    rotate_secret,
)
from core.gate.tables import Reader, ReaderDay
from core.house import House
from core.settings import load_settings
from tests.factories import make_school
from tests.gate.conftest import SECRET, SigningReader

NOBODY = "00000000-0000-4000-8000-000000000000"


def _beat(house: House, **changed: Any) -> dict[str, Any]:
    clock = house.clock.now().isoformat()
    return {"boot_id": "b", "last_seq": 0, "buffered": 0, "clock": clock, **changed}


def _status(reader: SigningReader, **changed: Any) -> int:
    return reader.send(_beat(reader.house), path="heartbeat", **changed).status_code


def _rotate(house: House, reader: SigningReader, **options: Any) -> str:
    with transaction(house.engine) as session:
        return rotate_secret(
            session,
            house.vault,
            reader.reader_id,
            by="operator",
            now=house.clock.now(),
            **options,
        )


def _finish(house: House, reader: SigningReader, **options: Any) -> None:
    with transaction(house.engine) as session:
        finish_rotation(session, reader.reader_id, by="operator", now=house.clock.now(), **options)


def _actions(session: Session) -> list[str]:
    return [one.action for one in session.exec(select(AuditEntry).order_by(AuditEntry.at))]  # type: ignore[arg-type]


def test_both_secrets_are_good_while_rotating(house: House, reader: SigningReader) -> None:
    following = _rotate(house, reader)
    assert [_status(reader), _status(reader, secret=following)] == [200, 200]


def test_only_the_next_secret_is_good_after_the_end(house: House, reader: SigningReader) -> None:
    following = _rotate(house, reader)
    assert _status(reader, secret=following) == 200
    _finish(house, reader)
    assert [_status(reader), _status(reader, secret=following)] == [401, 200]


def test_first_use_of_the_next_secret_is_remembered_once(
    house: House, reader: SigningReader
) -> None:
    following = _rotate(house, reader)
    house.clock.move_to(house.clock.now() + timedelta(minutes=1))
    assert _status(reader) == 200
    with snapshot(house.engine) as session:
        assert next_secret_seen_at(session, reader.reader_id) is None
    first_use = house.clock.now()
    for _ in range(2):
        assert _status(reader, secret=following) == 200
        house.clock.move_to(house.clock.now() + timedelta(minutes=1))
    with snapshot(house.engine) as session:
        assert next_secret_seen_at(session, reader.reader_id) == first_use
        assert _actions(session).count("reader.next_secret_seen") == 1


def test_rotation_does_not_end_before_the_next_secret_was_used(
    house: House, reader: SigningReader
) -> None:
    following = _rotate(house, reader)
    with pytest.raises(InputError, match="unseen"):
        _finish(house, reader)
    assert _status(reader) == 200
    _finish(house, reader, unseen=True)
    assert [_status(reader), _status(reader, secret=following)] == [401, 200]


def test_next_secret_is_replaced_only_when_asked(house: House, reader: SigningReader) -> None:
    lost = _rotate(house, reader)
    with pytest.raises(InputError, match="rotating"):
        _rotate(house, reader)
    following = _rotate(house, reader, again=True)
    assert [_status(reader, secret=one) for one in (SECRET, lost, following)] == [200, 401, 200]


def test_secret_sealed_anew_meanwhile_stays_good(house: House, reader: SigningReader) -> None:
    assert _status(reader) == 200
    with transaction(house.engine) as session:
        row = session.get_one(Reader, reader.reader_id)
        before = row.secret_sealed
        row.secret_sealed = house.vault.seal(SECRET, "reader.secret")
        assert row.secret_sealed != before
    assert _status(reader) == 200


def test_rotation_needs_a_beginning(house: House, reader: SigningReader) -> None:
    with pytest.raises(InputError, match="not_rotating"):
        _finish(house, reader)


def test_revoked_reader_is_refused_at_its_next_request(house: House, reader: SigningReader) -> None:
    assert _status(reader) == 200
    with transaction(house.engine) as session:
        revoke_reader(session, reader.reader_id, by="operator", now=house.clock.now())
    assert _status(reader) == 403
    assert _status(reader, secret="whsec_" + "AAAA" * 8) == 401
    with transaction(house.engine) as session, pytest.raises(InputError, match="revoked"):
        revoke_reader(session, reader.reader_id, by="operator", now=house.clock.now())


@pytest.fixture
def run(database_url: str) -> Callable[..., Result]:
    settings = load_settings(_env_file=None, database_url=database_url)
    return lambda *words: CliRunner().invoke(reader_commands, words, obj=settings)


def _add(run: Callable[..., Result]) -> tuple[str, str]:
    added = run("add", "--school", "353607", "--gate", "正門")
    found = re.fullmatch(r"reader id  (\S{36})\nsecret     (whsec_\S{44})\n", added.output)
    assert found, added.output
    return found[1], found[2]


def test_operator_adds_rotates_and_revokes(house: House, run: Callable[..., Result]) -> None:
    with transaction(house.engine) as session:
        make_school(session)
    reader_id, secret = _add(run)
    assert secret not in run("list").output
    rotated = run("rotate", reader_id).output
    assert re.search(r"next secret  whsec_\S{44}\n", rotated)
    assert "next secret not used yet" in run("list").output
    assert "add --unseen" in run("rotate", reader_id, "--finish").output
    assert run("rotate", reader_id, "--finish", "--unseen").exit_code == 0
    assert run("revoke", reader_id).exit_code == 0
    assert "revoked " in run("list", "--school", "353607").output
    with snapshot(house.engine) as session:
        entries = session.exec(select(AuditEntry)).all()
    assert {one.subject for one in entries} == {f"reader:{reader_id}"}
    assert sorted(one.action for one in entries) == [
        "reader.add",
        "reader.revoke",
        "reader.rotate",
        "reader.rotate_finish",
    ]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("rotate", NOBODY), "reader list"),
        (("revoke", NOBODY), "reader list"),
        (("revoke", "zero"), "not a valid UUID"),
        (("list", "--school", "999999"), "no school 999999"),
        (("add", "--school", "999999", "--gate", "正門"), "no school 999999"),
        (("add", "--school", "353607", "--gate", " "), "1 to 20 characters"),
    ],
)
def test_operators_mistakes_are_named(
    run: Callable[..., Result], words: tuple[str, ...], hint: str
) -> None:
    refused = run(*words)
    assert refused.exit_code != 0
    assert hint in refused.output


def test_list_without_readers_says_what_to_do(run: Callable[..., Result]) -> None:
    assert "reader add" in run("list").output


def _change(house: House, reader: SigningReader, **facts: Any) -> None:
    with transaction(house.engine) as session:
        row = session.get_one(Reader, reader.reader_id)
        for name, value in facts.items():
            setattr(row, name, value)


def test_list_says_how_a_reader_is(
    house: House, reader: SigningReader, run: Callable[..., Result]
) -> None:
    # The command has the true clock, so what it is told must be of today.
    now = datetime.now().astimezone()
    assert "never heard" in run("list").output
    _change(house, reader, last_contact_at=now, clock_offset_seconds=-61.2)
    assert re.search(r"well, heard \d+ s ago; clock 61 s fast", run("list").output)
    with transaction(house.engine) as session:
        mark_cloned(session, reader.reader_id, now)
    assert "two devices use this id" in run("list").output
    with transaction(house.engine) as session:
        numbers = {"after_seq": 0, "last_seq": 9, "taps": 7}
        day = school_day_of(now)
        session.add(
            ReaderDay(
                reader_id=reader.reader_id, boot_id="b", day=day, first_heard_at=now, **numbers
            )
        )
    assert "2 numbers missing today" in run("list").output
    _change(house, reader, buffered=7)
    assert "still holds 7 taps" in run("list").output
    _change(house, reader, last_contact_at=now - timedelta(days=400))
    assert re.search(r"silent since \d{4}-\d\d-\d\d \d\d:\d\d", run("list").output)
