"""How PostgreSQL is told to plan in a rush: in one transaction, and never beyond it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from core.by_index import by_index
from core.db import transaction
from core.house import House

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
SETTINGS = ("enable_seqscan", "plan_cache_mode", "enable_sort")
USUAL = ("on", "auto", "on")


def settings_of(session: Session) -> tuple[str, ...]:
    return tuple(session.execute(text(f"SHOW {name}")).scalar_one() for name in SETTINGS)


@pytest.mark.parametrize("is_begun", [False, True])
@pytest.mark.parametrize(
    ("in_order", "wanted"),
    [
        (False, ("off", "force_generic_plan", "on")),
        (True, ("off", "force_generic_plan", "off")),
    ],
)
def test_planning_is_told_for_one_transaction(
    house: House, *, is_begun: bool, in_order: bool, wanted: tuple[str, ...]
) -> None:
    with transaction(house.engine) as session:
        if is_begun:
            assert settings_of(session) == USUAL
        by_index(session, in_order=in_order)
        assert settings_of(session) == wanted
    with transaction(house.engine) as session:
        assert settings_of(session) == USUAL


def test_order_can_be_asked_for_later(house: House) -> None:
    with transaction(house.engine) as session:
        by_index(session)
        by_index(session, in_order=True)
        by_index(session)
        assert settings_of(session) == ("off", "force_generic_plan", "off")


def test_what_is_written_after_it_is_committed_or_taken_back(house: House) -> None:
    def write(name: str) -> None:
        with transaction(house.engine) as session:
            by_index(session)
            session.execute(text(f"CREATE TABLE {name} (id int)"))
            if name == "taken_back":
                raise ZeroDivisionError

    write("kept")
    with pytest.raises(ZeroDivisionError):
        write("taken_back")
    with transaction(house.engine) as session:
        found = session.execute(text("SELECT to_regclass('kept'), to_regclass('taken_back')"))
        assert found.one() == ("kept", None)
        session.execute(text("DROP TABLE kept"))


def test_connection_that_died_is_told_by_the_next_statement(house: House) -> None:
    with pytest.raises(OperationalError), transaction(house.engine) as session:
        driver = session.connection().connection.driver_connection
        with house.engine.connect() as other:
            other.execute(
                text("SELECT pg_terminate_backend(:pid, 5000)"),
                {"pid": driver.info.backend_pid},  # type: ignore[union-attr]
            )
        by_index(session)
    with transaction(house.engine) as session:
        by_index(session)
        assert settings_of(session) == ("off", "force_generic_plan", "on")
