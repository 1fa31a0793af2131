"""Migrations and tables give the same database, on both engines, up and down."""

from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from core.db import metadata, table_of, transaction
from core.duty.migrate import SCRIPTS, is_current, migrate
from core.duty.months import make_months
from core.gate.tables import Tap
from core.house import House
from core.orders.service import withdraw
from core.orders.states import OrderState
from core.orders.tables import SmsOrder, TextState
from tests.factories import make_reader, make_school, make_student
from tests.months import restore_months
from tests.orders.shop import at, open_shop
from tests.orders.test_service import SLIP
from tests.privacy.conftest import plant_child

ROOT = Path(__file__).parents[1]
# A table is known once its module is loaded, whichever tests ran before.
for path in sorted([*ROOT.glob("core/**/tables.py"), ROOT / "bot/tables.py"]):
    import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


@pytest.fixture(autouse=True)
def months(house: House) -> Iterator[None]:
    """Leave the months that every test begins with."""
    yield
    restore_months(house)


# PostgreSQL's own shape of tables in parts: the parts, and an index where a key would name the day.
PARTS, OF_PARTS = ("tap_", "notice_", "attendance_day_"), {"ix_tap_id"}


def _is_told(name: str | None, kind: str, _parents: object) -> bool:
    if kind == "table":
        return name in metadata().tables or not str(name).startswith(PARTS)
    return name not in OF_PARTS


def test_migrated_database_is_what_the_tables_say(house: House) -> None:
    with house.engine.begin() as connection:
        told = {"compare_type": True, "include_name": _is_told}
        context = MigrationContext.configure(connection, opts=told)
        assert compare_metadata(context, metadata()) == []


def test_migrating_again_changes_nothing(house: House) -> None:
    migrate(house.engine)
    assert is_current(house.engine)


def test_downgrade_leaves_nothing_and_upgrade_restores_everything(house: House) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with house.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert set(inspect(house.engine).get_table_names()) <= {"alembic_version"}
    migrate(house.engine)
    assert set(metadata().tables) <= set(inspect(house.engine).get_table_names())


def test_orders_keep_texts_and_steps_when_they_can_be_withdrawn(house: House) -> None:
    with transaction(house.engine) as session:
        shop = open_shop(session, house)
    kept, gone = shop.order(at(10, 5)), shop.order(at(10, 5), phone="0912000124", **SLIP)
    shop.does(withdraw, kept, by="guardian:m", now=at(10, 6))
    shop.add_texts(gone, TextState.DELIVERED, 2)
    migrate_to(house, "0030")
    assert counts_in(house) == {"sms_order": 2, "sms_order_step": 3, "sms_text": 2}
    assert shop.row(kept).state == OrderState.RETURNED
    with pytest.raises(IntegrityError):
        withdrawn(house, kept)
    migrate(house.engine)
    withdrawn(house, kept)
    assert counts_in(house) == {"sms_order": 2, "sms_order_step": 3, "sms_text": 2}


def migrate_to(house: House, revision: str) -> None:
    """Take back what came after a revision; "head" for all there is."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    go = command.upgrade if revision == "head" else command.downgrade
    with house.engine.begin() as connection:
        config.attributes["connection"] = connection
        go(config, revision)


def counts_in(house: House) -> dict[str, int]:
    """How many rows the orders' tables have."""
    names = ("sms_order", "sms_order_step", "sms_text")
    with house.engine.connect() as connection:
        counted = {name: f"SELECT count(*) FROM {name}" for name in names}  # noqa: S608
        return {
            name: connection.exec_driver_sql(statement).scalar_one()
            for name, statement in counted.items()
        }


def withdrawn(house: House, order_id: UUID) -> None:
    """Write the new state past every rule but the database's own."""
    with house.engine.begin() as connection:
        row = table_of(SmsOrder)
        state = OrderState.WITHDRAWN.value
        connection.execute(update(row).where(row.c.id == order_id).values(state=state))


def test_taps_and_notices_stay_when_months_are_kept_apart_and_joined_again(house: House) -> None:
    with transaction(house.engine) as session:
        make_school(session)
        reader = make_reader(session, house)
        child = make_student(session, house)
        plant_child(session, child, reader.id, date(2026, 11, 23))
    make_months(house.engine, date(2026, 12, 1))
    with transaction(house.engine) as session:
        plant_child(session, child, reader.id, date(2026, 12, 1))
    with transaction(house.engine) as session:
        undone = session.exec(select(Tap.id)).first()
        undo = {"id": uuid4(), "source": "undo", "undoes_id": undone, "recorded_by": "staff:x"}
        made_up = session.exec(select(Tap)).first()
        assert made_up is not None
        nobody = {"reader_id": None, "boot_id": None, "seq": None, "card_uid": None, "reason": "x"}
        session.add(Tap(**made_up.model_dump() | undo | nobody))
    for revision in ("0033", "head"):
        migrate_to(house, revision)
        assert sorted({str(one) for one in taps_in(house)}) == ["2026-11-23", "2026-12-01"]
        assert len(taps_in(house)) == 3
        assert all(one.endswith("_rest") for one in house_parts(house))
    with house.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT day FROM tap_number ORDER BY day").all()
    assert [str(one.day) for one in found] == ["2026-11-23", "2026-12-01"]


def taps_in(house: House) -> list[object]:
    """The school days of all taps, earliest first."""
    with house.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT school_day FROM tap ORDER BY school_day")
        return list(found.scalars())


def house_parts(house: House) -> list[str]:
    """The tables that are parts of another."""
    names = inspect(house.engine).get_table_names()
    return [one for one in names if one.startswith(PARTS) and one not in metadata().tables]
