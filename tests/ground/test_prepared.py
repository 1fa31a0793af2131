"""Statements run by the driver alone behave as SQLAlchemy's do."""

from functools import cache
from typing import Any

import pytest
from sqlalchemy import bindparam, event, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.db import snapshot, table_of, transaction
from core.gate.tables import Reader
from core.house import House
from core.people.tables import LineFriend
from core.rows import insert_given, run, run_rows
from tests.conftest import MONDAY_MORNING

MEI = "U" + "1" * 32
HUA = "U" + "2" * 32


@cache
def _add_friends(engine: str) -> Any:
    friend = table_of(LineFriend)
    return insert_given(engine, friend, friend.c.keys())


@cache
def _friends(_engine: str) -> Any:
    friend = table_of(LineFriend)
    wanted = friend.c.is_following == bindparam("is_following")
    return select(friend.c.line_user_id, friend.c.changed_at).where(wanted)


@cache
def _unfollow(_engine: str) -> Any:
    friend = table_of(LineFriend)
    return update(friend).where(friend.c.is_following).values(is_following=False)


def _put(house: House, *people: str) -> int:
    facts = {"is_following": True, "changed_at": MONDAY_MORNING, "language": None}
    rows = [{"line_user_id": one, **facts} for one in people]
    with transaction(house.engine) as session:
        columns = list(table_of(LineFriend).c)
        return run_rows(session, _add_friends, columns, rows).rowcount


def test_values_come_back_by_name_and_of_their_type(house: House) -> None:
    assert _put(house, MEI, HUA) == 2
    with snapshot(house.engine) as session:
        found = run(session, _friends, {"is_following": True})
    assert {row.line_user_id for row in found} == {MEI, HUA}
    assert {row.changed_at for row in found} == {MONDAY_MORNING}


def test_rows_touched_are_counted(house: House) -> None:
    _put(house, MEI, HUA)
    with transaction(house.engine) as session:
        assert run(session, _unfollow, {}).rowcount == 2


def test_broken_rule_is_sqlalchemys_error_and_undoes_all(house: House) -> None:
    _put(house, MEI)
    with pytest.raises(IntegrityError) as raised:
        _put(house, HUA, MEI)
    assert MEI not in str(raised.value)
    with snapshot(house.engine) as session:
        assert len(run(session, _friends, {"is_following": True})) == 1


def test_missing_parameter_is_an_error(house: House) -> None:
    with snapshot(house.engine) as session, pytest.raises(KeyError):
        run(session, _friends, {})


def test_who_watches_statements_sees_these_too(house: House) -> None:
    seen: list[str] = []
    event.listen(house.engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
    _put(house, MEI, HUA)
    assert any(one.startswith("INSERT INTO line_friend") for one in seen)


def test_a_session_of_two_transactions_uses_the_connection_of_each(house: House) -> None:
    _put(house, MEI)
    with snapshot(house.engine) as session:
        for _ in range(2):
            assert len(run(session, _friends, {"is_following": True})) == 1
            session.rollback()


def test_connection_that_died_is_replaced(house: House) -> None:
    if house.engine.dialect.name == "sqlite":
        pytest.skip("a file does not go away")
    _put(house, MEI)
    with pytest.raises(DBAPIError) as raised, transaction(house.engine) as session:
        run(session, _friends, {"is_following": True})
        session.connection().connection.driver_connection.close()  # type: ignore[union-attr]
        run(session, _friends, {"is_following": True})
    assert raised.value.connection_invalidated
    with snapshot(house.engine) as session:
        assert len(run(session, _friends, {"is_following": True})) == 1


def test_clear_text_in_a_sealed_column_is_refused(house: House) -> None:
    @cache
    def reseal(_engine: str) -> Any:
        reader = table_of(Reader)
        sealed = bindparam("sealed", type_=reader.c.secret_sealed.type)
        return update(reader).values(secret_sealed=sealed)

    with transaction(house.engine) as session, pytest.raises(ValueError, match="clear text"):
        run(session, reseal, {"sealed": "whsec_clear"})


def test_what_was_done_since_a_savepoint_is_taken_back_with_it(house: House) -> None:
    facts = {"is_following": True, "changed_at": MONDAY_MORNING, "language": None}
    columns = list(table_of(LineFriend).c)
    with transaction(house.engine) as session:
        run_rows(session, _add_friends, columns, [{"line_user_id": MEI, **facts}])
        with session.begin_nested() as savepoint:
            run_rows(session, _add_friends, columns, [{"line_user_id": HUA, **facts}])
            savepoint.rollback()
        assert [one.line_user_id for one in run(session, _friends, {"is_following": True})] == [MEI]
    with snapshot(house.engine) as session:
        assert [one.line_user_id for one in run(session, _friends, {"is_following": True})] == [MEI]


def test_what_waits_in_the_session_is_seen(house: House) -> None:
    with transaction(house.engine) as session:
        session.add(LineFriend(line_user_id=MEI, is_following=True, changed_at=MONDAY_MORNING))
        assert [one.line_user_id for one in run(session, _friends, {"is_following": True})] == [MEI]
