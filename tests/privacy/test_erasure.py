"""After a deletion nothing of the person is left, and what is others' is whole."""

import shutil
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func
from sqlalchemy.engine import make_url
from sqlmodel import Session, select

from core.answers.school import reply_to_guardians
from core.answers.tables import HelpRequest
from core.audit import AuditEntry
from core.binding.tables import Delegate
from core.binding.tries import CHILD_LIMIT, OWN_LIMIT
from core.binding.trying import BindResult, bind_child
from core.db import make_engine, snapshot, transaction
from core.house import House
from core.kinds import NoticeKind, NoticeState, SchoolReply
from core.notices.outbox import NewNotice, enqueue
from core.notices.staff_desk import staff_desk
from core.notices.tables import Notice
from core.notices.trail import trail_of
from core.people.friends import friendship_of
from core.people.guardians import PassMember, find_guardian, link_account
from core.people.staff import roles_of
from core.people.tables import Binding, BindingAttempt, Guardian, Student
from core.privacy.erasure import (
    Erased,
    erase_guardian,
    erase_on_request,
    file_stones,
    forget_traces,
    heed_tombstones,
)
from core.privacy.tombstones import filed_stones, stored_stones
from core.sealed import hold_keys
from tests.factories import HUA, MEI, claim_for, make_staff
from tests.privacy.bonds import OPINION, plant_delegate
from tests.privacy.conftest import HUAS, MEIS, NOW, Cast, everything, later

KEPT = timedelta(days=35)


def erase(house: House, guardian_id: UUID) -> Erased:
    """Erase as the page does."""
    with transaction(house.engine) as session:
        erased = erase_on_request(session, house, guardian_id, NOW)
    assert erased is not None
    file_stones(house, erased.stones)
    return erased


def come_back(session: Session, house: House, pass_id: str = MEIS.pass_id) -> Guardian:
    """Link anew, a day later."""
    link = link_account(
        session,
        house.vault,
        line_user_id=MEI,
        member=PassMember(pass_id, MEIS.name, "3"),
        consent_version="1",
        now=later(1),
    )
    return link.guardian


def test_nothing_of_the_person_is_left_in_any_table(home: House, cast: Cast) -> None:
    assert [one for one in MEIS.all() if one not in everything(home)] == []
    erase(home, cast.mei)
    left = everything(home)
    assert [one for one in MEIS.all() if one in left] == []
    assert [one for one in HUAS.all() if one not in left] == []


def test_reply_to_the_survey_goes_though_it_names_nobody(home: House, cast: Cast) -> None:
    assert everything(home).count(OPINION) == 2
    erase(home, cast.mei)
    left = everything(home)
    assert f"{OPINION} {cast.mei}" not in left
    assert f"{OPINION} {cast.hua}" in left


def test_nothing_of_the_person_is_left_in_the_bytes_of_sqlites_files(
    home: House, cast: Cast
) -> None:
    path = make_url(home.settings.database_url).database
    if home.engine.dialect.name != "sqlite" or path is None:
        pytest.skip("PostgreSQL keeps its pages until its own vacuum")
    clear = [MEIS.line_user_id, MEIS.pass_id, MEIS.said]
    assert all(one.encode() in _bytes(path) for one in clear)
    erase(home, cast.mei)
    forget_traces(home.engine)
    assert [one for one in clear if one.encode() in _bytes(path)] == []


def _bytes(path: str) -> bytes:
    files = [Path(f"{path}{ending}") for ending in ("", "-wal")]
    return b"".join(file.read_bytes() for file in files if file.exists())


def test_what_waits_is_cancelled_and_sent_to_nobody(home: House, cast: Cast) -> None:
    erase(home, cast.mei)
    with snapshot(home.engine) as session:
        rows = session.exec(select(Notice).where(Notice.guardian_id == cast.mei)).all()
    assert {(row.state, row.outcome) for row in rows} == {("cancelled", "account_closed")}
    assert {bytes(row.content) for row in rows} == {b"[]"}
    assert {row.line_user_id for row in rows} == {None}


def test_notice_in_a_senders_hands_gets_no_further_try(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        notice = session.exec(select(Notice).where(Notice.guardian_id == cast.mei)).first()
        assert notice is not None
        notice.state, notice.lease_until = "leased", later(1)
        session.add(notice)
    erase(home, cast.mei)
    with snapshot(home.engine) as session:
        assert session.get_one(Notice, notice.id).expires_at == NOW


def test_audit_keeps_the_pseudonym_and_says_that_it_was_done(home: House, cast: Cast) -> None:
    erase(home, cast.mei)
    actor = f"guardian:{cast.mei}"
    with snapshot(home.engine) as session:
        rows = session.exec(select(AuditEntry.action).where(AuditEntry.actor == actor)).all()
    assert {"account.link", "account.erase"} <= set(rows)


def test_child_and_the_schools_records_stay(home: House, cast: Cast) -> None:
    before = everything(home)
    erase(home, cast.mei)
    kept = ("student.", "tap.", "attendance_day.", "leave.", "card.")
    lines = [line for line in before.splitlines() if line.startswith(kept)]
    left = set(everything(home).splitlines())
    assert lines
    assert [line for line in lines if line not in left] == []


def test_deleting_twice_at_once_does_it_once(home: House, cast: Cast) -> None:
    start, done = threading.Barrier(4), []

    def run() -> None:
        start.wait()
        with transaction(home.engine) as session:
            done.append(erase_guardian(session, home.vault, cast.mei, NOW))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(one is not None for one in done) == 1


def test_whoever_deleted_can_come_back_as_somebody_new(home: House, cast: Cast) -> None:
    erase(home, cast.mei)
    with transaction(home.engine) as session:
        new = come_back(session, home)
    assert new.id != cast.mei
    with snapshot(home.engine) as session:
        found = find_guardian(session, MEI)
    assert found is not None
    assert found.id == new.id


def test_coming_back_gives_no_further_guesses_at_a_child(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        fang = session.get_one(Student, cast.fang)
        right, wrong = claim_for(fang), claim_for(fang, name="陳小方")
        member = cast.mei
        before = session.exec(select(func.count()).select_from(BindingAttempt)).one()
        for number in range(CHILD_LIMIT):
            if number and number % 4 == 0:
                erased = erase_guardian(session, home.vault, member, NOW)
                assert erased is not None
                member = come_back(session, home).id
            bind_child(
                session, home.vault, guardian_id=member, claim=wrong, relationship="other", now=NOW
            )
        outcome = bind_child(
            session, home.vault, guardian_id=member, claim=right, relationship="other", now=NOW
        )
        tries = session.exec(select(func.count()).select_from(BindingAttempt)).one()
    # The member is counted, whatever account stands for them now.
    assert tries - before == OWN_LIMIT
    assert outcome.result is BindResult.OWN_LIMIT


def test_line_account_that_is_anothers_by_now_is_left_alone(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        session.get_one(Guardian, cast.mei)
        # The same phone was handed on: MEI's account is another member's now.
        new = come_back(session, home, "pass-of-father")
    erase(home, cast.mei)
    with snapshot(home.engine) as session:
        found = find_guardian(session, MEI)
        assert found is not None
        assert found.id == new.id
        assert friendship_of(session, MEI) is True


def test_school_person_keeps_role_and_friendship(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        make_staff(session, home, MEI)
    erase(home, cast.mei)
    with snapshot(home.engine) as session:
        assert roles_of(session, MEI)
        assert friendship_of(session, MEI) is True


def test_who_worked_at_a_school_once_keeps_nothing_for_it(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        make_staff(session, home, MEI).revoked_at = home.clock.now()
    erase(home, cast.mei)
    with snapshot(home.engine) as session:
        assert friendship_of(session, MEI) is None


def test_stones_name_nobody_and_stand_in_table_and_file(home: House, cast: Cast) -> None:
    erased = erase(home, cast.mei)
    text = Path(home.settings.tombstones_file).read_text()
    assert not [one for one in MEIS.all() if one in text]
    filed = filed_stones(Path(home.settings.tombstones_file), NOW, KEPT)
    with snapshot(home.engine) as session:
        assert filed == stored_stones(session) == set(erased.stones)
    assert len(filed) == 2
    assert Path(home.settings.tombstones_file).stat().st_mode & 0o077 == 0


# A power cut may leave signs that are no text at all; each program reads the file when it starts.
@pytest.mark.parametrize("rest", [b"2026-11-23T07:2", b"\xff\x00\xe9", b"2026-11-23T07:20 a b\n"])
def test_line_cut_short_by_a_crash_swallows_no_other(home: House, cast: Cast, rest: bytes) -> None:
    first = erase(home, cast.mei)
    path = Path(home.settings.tombstones_file)
    path.write_bytes(path.read_bytes() + rest)
    second = erase(home, cast.hua)
    assert filed_stones(path, NOW, KEPT) == {*first.stones, *second.stones}


def test_start_writes_the_file_where_the_disk_had_refused(home: House, cast: Cast) -> None:
    path = Path(home.settings.tombstones_file)
    path.mkdir()
    erased = erase(home, cast.mei)
    path.rmdir()
    assert heed_tombstones(home) == 0
    assert filed_stones(path, NOW, KEPT) == set(erased.stones)


@pytest.fixture
def sqlite_home(home: House) -> House:
    """A house whose database is one file, which can be put back."""
    if home.engine.dialect.name != "sqlite":
        pytest.skip("the copy is a file's")
    return home


def restored(house: House, tmp_path: Path) -> House:
    """The house on an older copy of its database."""
    copy = tmp_path / "restored.db"
    shutil.copy(tmp_path / "backup.db", copy)
    url = f"sqlite:///{copy}"
    settings = house.settings.model_copy(update={"database_url": url})
    engine = make_engine(url)
    hold_keys(engine, house.vault)
    return replace(house, settings=settings, engine=engine)


def back_up(house: House, tmp_path: Path) -> None:
    """Copy the database as it is."""
    with house.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(f"VACUUM INTO '{tmp_path / 'backup.db'}'")
        connection.exec_driver_sql("BEGIN")


def test_backup_from_before_the_deletion_is_purged_at_start(
    sqlite_home: House, cast: Cast, tmp_path: Path
) -> None:
    back_up(sqlite_home, tmp_path)
    erased = erase(sqlite_home, cast.mei)
    old = restored(sqlite_home, tmp_path)
    assert MEIS.name in everything(old)
    assert heed_tombstones(old) == 1
    left = everything(old)
    assert [one for one in MEIS.all() if one in left] == []
    assert [one for one in HUAS.all() if one not in left] == []
    assert erased.code in left
    assert heed_tombstones(old) == 0
    old.engine.dispose()


def test_backup_from_after_a_return_leaves_the_new_guardian_alone(
    sqlite_home: House, cast: Cast, tmp_path: Path
) -> None:
    erase(sqlite_home, cast.mei)
    with transaction(sqlite_home.engine) as session:
        new = come_back(session, sqlite_home)
    back_up(sqlite_home, tmp_path)
    old = restored(sqlite_home, tmp_path)
    assert heed_tombstones(old) == 0
    with snapshot(old.engine) as session:
        assert session.get_one(Guardian, new.id).erased_at is None
    old.engine.dispose()


def test_lost_table_of_stones_does_not_erase_whoever_came_back(home: House, cast: Cast) -> None:
    erase(home, cast.mei)
    with transaction(home.engine) as session:
        new = come_back(session, home)
        session.connection().exec_driver_sql("DELETE FROM tombstone")
    assert heed_tombstones(home) == 0
    with snapshot(home.engine) as session:
        assert session.get_one(Guardian, new.id).erased_at is None
        assert len(stored_stones(session)) == 2


def test_returned_person_is_erased_on_both_engines(home: House, cast: Cast) -> None:
    erase(home, cast.mei)
    with transaction(home.engine) as session:
        back = come_back(session, home)
        # As an older backup has it: agreed long before the deletion, and no stone.
        back.consented_at = NOW - timedelta(days=60)
        session.add(back)
        session.connection().exec_driver_sql("DELETE FROM tombstone")
    assert heed_tombstones(home) == 1
    with snapshot(home.engine) as session:
        assert session.get_one(Guardian, back.id).erased_at == NOW
        assert find_guardian(session, MEI) is None


def receive_for_hua(house: House, cast: Cast) -> tuple[UUID, UUID]:
    """Mei receives in Hua's stead, one notice was accepted and one waits; their ids."""
    with transaction(house.engine) as session:
        binding = session.exec(select(Binding).where(Binding.guardian_id == cast.hua)).one()
        delegate = plant_delegate(house, binding, NOW, line_user_id=MEI)
        session.add(delegate)
        session.flush()
        for kind in (NoticeKind.ARRIVAL, NoticeKind.DEPARTURE):
            enqueue(session, [_in_stead(cast, delegate, kind)], NOW)
        theirs = select(Notice).where(Notice.delegate_id == delegate.id)
        done = session.exec(theirs.where(Notice.kind == NoticeKind.ARRIVAL)).one()
        waits = session.exec(theirs.where(Notice.kind == NoticeKind.DEPARTURE)).one()
        done.state, done.settled_at = NoticeState.ACCEPTED, NOW
        session.add(done)
    return done.id, waits.id


def _in_stead(cast: Cast, delegate: Delegate, kind: NoticeKind) -> NewNotice:
    return NewNotice(
        kind=kind,
        guardian_id=cast.hua,
        delegate_id=delegate.id,
        line_user_id=MEI,
        student_id=cast.fang,
        school_day=NOW.date(),
        at=NOW,
        content=b'[{"text": "arrived"}]',
    )


def test_somebody_who_received_for_another_can_delete_too(home: House, cast: Cast) -> None:
    notices = receive_for_hua(home, cast)
    erase(home, cast.mei)
    left = everything(home)
    assert [one for one in MEIS.all() if one in left] == []
    with snapshot(home.engine) as session:
        done, waits = (session.get_one(Notice, one) for one in notices)
        lent = session.get_one(Delegate, done.delegate_id)
    assert (done.state, waits.state, waits.outcome) == ("accepted", "cancelled", "account_closed")
    assert (lent.line_user_id, lent.ended_at, lent.ended_by) == (None, NOW, "account_closed")


def test_school_that_was_asked_can_still_reply_to_the_others(home: House, cast: Cast) -> None:
    erase(home, cast.mei)
    with transaction(home.engine) as session:
        asked = session.exec(select(HelpRequest).where(HelpRequest.guardian_id == cast.mei)).one()
        child = session.get_one(Student, asked.student_id)
        role = make_staff(session, home, "U" + "7" * 32)
        desk, at = staff_desk(home.settings), asked.asked_at
        replied = reply_to_guardians(session, desk, child, SchoolReply.PRESENT, role, at)
    assert replied.is_new


def test_whoever_received_in_their_stead_hears_that_it_is_over(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        binding = session.exec(select(Binding).where(Binding.guardian_id == cast.mei)).first()
        session.add(plant_delegate(home, binding, NOW, line_user_id=HUA))
        session.add(plant_delegate(home, binding, NOW, line_user_id=MEI))
    erase(home, cast.mei)
    with snapshot(home.engine) as session:
        (told,) = session.exec(select(Notice).where(Notice.kind == NoticeKind.DELEGATE_ENDED))
    assert (told.state, told.line_user_id, told.delegate_id) == ("pending", HUA, None)
    assert "代收已於 11/23（一）結束" in told.content.decode()


def test_what_was_told_in_anothers_stead_does_not_become_that_guardians_own(
    home: House, cast: Cast
) -> None:
    with snapshot(home.engine) as session:
        before = trail_of(session, cast.hua, cast.fang, NOW.date())
    receive_for_hua(home, cast)
    erase(home, cast.mei)
    with snapshot(home.engine) as session:
        assert trail_of(session, cast.hua, cast.fang, NOW.date()) == before


def test_guardian_who_lent_can_delete_and_the_receiver_hears_no_more(
    home: House, cast: Cast
) -> None:
    _, waits = receive_for_hua(home, cast)
    erase(home, cast.hua)
    with snapshot(home.engine) as session:
        notice = session.get_one(Notice, waits)
        assert session.exec(select(Delegate).where(Delegate.line_user_id == MEI)).all() == []
    assert (notice.state, notice.line_user_id) == ("cancelled", None)


def test_news_of_another_guardian_at_the_same_address_names_nobody(home: House, cast: Cast) -> None:
    with transaction(home.engine) as session:
        # The phone was Hua's before it was Mei's.
        notice = session.exec(select(Notice).where(Notice.guardian_id == cast.hua)).first()
        assert notice is not None
        notice.line_user_id = MEI
        session.add(notice)
    erase(home, cast.mei)
    assert MEI not in everything(home)
