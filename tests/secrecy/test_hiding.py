"""Columns that hide by themselves, and the migration that hides what stood in clear."""

import json
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlmodel import select

from bot.inbox import store_events
from bot.tables import LineEvent
from core.crypto import Pseudonyms, SealBroken
from core.db import make_engine, snapshot, transaction
from core.duty.migrate import SCRIPTS, migrate
from core.house import House
from core.people.friends import is_friend
from core.people.guardians import find_guardian
from core.people.tables import LineFriend
from tests.bot.happenings import make_text
from tests.factories import HUA, MEI, make_guardian


@pytest.fixture
def before(house: House) -> Iterator[House]:
    """A database as it was before anything was hidden."""
    _wander(house, "0010")
    yield house
    migrate(house.engine)


def _wander(house: House, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with house.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def test_pseudonym_is_the_same_each_time_and_opens_with_its_key_only() -> None:
    people = Pseudonyms(Pseudonyms.new_secret())
    assert people.hide(MEI) == people.hide(MEI) != people.hide(HUA)
    assert people.reveal(people.hide(MEI)) == MEI
    for wrong in (Pseudonyms(Pseudonyms.new_secret()).hide(MEI), MEI, "", "長"):
        with pytest.raises(SealBroken):
            people.reveal(wrong)


def test_database_knows_people_by_pseudonym_only(house: House) -> None:
    with transaction(house.engine) as session:
        guardian = make_guardian(session, house)
        store_events(session, [make_text("我家電話 0912345678")], house.clock.now())
    with snapshot(house.engine) as session:
        assert is_friend(session, MEI)
        assert find_guardian(session, MEI).id == guardian.id  # type: ignore[union-attr]
        stored = session.execute(text("SELECT line_user_id, body FROM line_event")).one()
        assert json.loads(session.exec(select(LineEvent.body)).one())["source"]["userId"] == MEI
    assert MEI not in stored.line_user_id
    assert b"0912345678" not in bytes(stored.body)


def test_engine_without_keys_shows_nobody(house: House) -> None:
    with transaction(house.engine) as session:
        make_guardian(session, house)
    bare = make_engine(house.settings.database_url)
    with snapshot(bare) as session, pytest.raises(SealBroken):
        session.exec(select(LineFriend)).all()
    bare.dispose()


def test_migration_hides_people_and_bodies_and_shows_them_again(before: House) -> None:
    friends = (
        "INSERT INTO line_friend (line_user_id, is_following, changed_at) VALUES (:id, true, :at)"
    )
    events = (
        "INSERT INTO line_event (webhook_event_id, line_user_id, occurred_at, received_at, body,"
        " state, attempts) VALUES (:id, :user, :at, :at, :body, 'pending', 0)"
    )
    at = "2026-11-23 00:00:00.000000"
    with before.engine.begin() as connection:
        for one in (MEI, HUA):
            connection.execute(text(friends), {"id": one, "at": at})
        for number in range(3):
            row = {"id": f"e{number}", "user": MEI, "at": at, "body": b'{"secret": 1}'}
            connection.execute(text(events), row)
    migrate(before.engine)
    with snapshot(before.engine) as session:
        clear = session.scalars(text("SELECT line_user_id FROM line_friend")).all()
        bodies = session.scalars(text("SELECT body FROM line_event")).all()
    assert not {MEI, HUA} & set(clear) and not any(b"secret" in bytes(one) for one in bodies)
    _wander(before, "0010")
    with snapshot(before.engine) as session:
        assert set(session.scalars(text("SELECT line_user_id FROM line_friend"))) == {MEI, HUA}
        bodies = session.scalars(text("SELECT body FROM line_event")).all()
    assert {bytes(one) for one in bodies} == {b'{"secret": 1}'}
