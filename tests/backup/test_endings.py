"""What ended a right is filed beside the database: a restored backup does not give it back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import col, select

from core.backup.making import make_backup
from core.backup.restoring import restore, settle_here
from core.binding.measures import Act, end_binding, seal, undo_end
from core.db import snapshot, transaction
from core.endings import (
    ENDED,
    Ending,
    append_lines,
    filed_endings,
    keep_endings,
    note_ending,
)
from core.house import House, build_house, for_callers
from core.people.bindings import unbind_child
from core.people.guardians import unlink_account
from core.people.lost_cards import blocked_cards, report_lost
from core.people.staff import revoke_staff
from core.people.tables import AccountLink, Binding, Card, Staff, Student
from tests.factories import HUA, MEI, card_uid_of, make_staff


def end_rights(house: House, now: datetime) -> None:
    """A role, a binding, a link and a card end, and the child is sealed."""
    with transaction(house.engine) as session:
        teacher = session.scalars(select(col(Staff.id))).one()
        binding = session.scalars(select(Binding)).one()
        student, card = session.scalars(select(Student)).one(), session.scalars(select(Card)).one()
        revoke_staff(session, teacher, by="staff:1", now=now)
        seal(session, house.vault, student, Act(by="staff:1", reason="x", now=now))
        report_lost(session, student_id=student.id, card_id=card.id, by="staff:1", now=now)
        unbind_child(session, guardian_id=binding.guardian_id, binding_id=binding.id, now=now)
        unlink_account(session, line_user_id=MEI, now=now)


def rights_of(house: House) -> list[bool]:
    ends = (Staff.revoked_at, Binding.ended_at, AccountLink.unlinked_at, Card.valid_until)
    with snapshot(house.engine) as session:
        held = [session.scalars(select(col(end))).one() is None for end in ends]
        return [*held, not session.scalars(select(col(Student.is_sealed))).one()]


def filing(house: House) -> Path:
    """Where what ends in the house is filed from now on."""
    path = Path(house.settings.tombstones_file)
    keep_endings(house.engine, path)
    return path


def test_what_ended_after_the_backup_stays_ended(
    own: House, make_empty: Callable[[], House], tmp_path: Path
) -> None:
    filing(own)
    with transaction(own.engine) as session:
        make_staff(session, own, HUA)
    path, _ = make_backup(own, tmp_path / "backups")
    assert rights_of(own) == [True] * 5
    end_rights(own, own.clock.now() + timedelta(minutes=1))
    restored = make_empty()
    _, settled = restore(restored, path)
    assert settled is not None
    assert (settled.ended, rights_of(restored)) == (5, [False] * 5)
    with snapshot(restored.engine) as session:
        assert blocked_cards(session, [card_uid_of("11510001")]), "no roster brings it back"


def test_database_that_came_back_by_other_means_heeds_what_was_filed_since(own: House) -> None:
    now = own.clock.now()
    with transaction(own.engine) as session:
        before, since = (make_staff(session, own, who).id for who in (HUA, MEI))
    lines = [
        Ending(now - timedelta(minutes=2), ENDED, "staff", before).to_line(),
        Ending(now + timedelta(minutes=2), ENDED, "staff", since).to_line(),
        "2026-11-23 ended st",
    ]
    append_lines(filing(own), lines)
    assert settle_here(own, now).ended == 1
    with snapshot(own.engine) as session:
        held = session.scalars(select(col(Staff.id)).where(col(Staff.revoked_at).is_(None))).all()
    assert held == [before], "that it ended is in the database, or was taken back"


def test_file_that_was_found_after_the_restore_is_heeded_by_settling_once_more(
    own: House, make_empty: Callable[[], House], tmp_path: Path
) -> None:
    with transaction(own.engine) as session:
        make_staff(session, own, HUA)
    path, manifest = make_backup(own, tmp_path / "backups")
    restored = make_empty()
    restore(restored, path)
    filing(own)
    end_rights(own, own.clock.now() + timedelta(minutes=1))
    restored.clock.move_to(restored.clock.now() + timedelta(minutes=1))
    assert settle_here(restored, manifest.taken_at).ended == 5


def test_binding_that_the_school_opened_again_is_not_ended(own: House) -> None:
    file, now = filing(own), own.clock.now()
    act = Act(by="staff:1", reason="x", now=now)
    with transaction(own.engine) as session:
        binding, student = (
            session.scalars(select(Binding)).one(),
            session.scalars(select(Student)).one(),
        )
        end_binding(session, own.vault, student.id, binding.id, act)
    with transaction(own.engine) as session:
        undo_end(session, own.vault, session.get_one(Student, student.id), binding.id, act)
    assert [one.what for one in filed_endings(file, now)] == ["ended", "opened"]
    assert settle_here(own, now).ended == 0
    with snapshot(own.engine) as session:
        assert session.scalars(select(col(Binding.ended_at))).all() == [None]


def test_every_house_files_what_ends_in_it(own: House) -> None:
    house, now = build_house(own.settings), own.clock.now()
    houses = (house, for_callers(house))
    for one in houses:
        with transaction(one.engine) as session:
            note_ending(session, "staff", uuid4(), now)
    for one in houses:
        one.engine.dispose()
    assert len(list(filed_endings(Path(own.settings.tombstones_file), now))) == 2


def test_end_that_was_not_committed_is_not_filed(own: House) -> None:
    file = filing(own)
    with pytest.raises(RuntimeError), transaction(own.engine) as session:
        unlink_account(session, line_user_id=MEI, now=own.clock.now())
        raise RuntimeError
    assert not file.exists()


def test_disk_that_refuses_an_ending_is_said_and_stops_nothing(
    own: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep_endings(own.engine, tmp_path)
    with transaction(own.engine) as session:
        unlink_account(session, line_user_id=MEI, now=own.clock.now())
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == [
        "endings not filed"
    ]
