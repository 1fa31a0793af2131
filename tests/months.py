"""The months a test's database has on PostgreSQL."""

from sqlalchemy import text

from core.duty.months import make_months
from core.house import House
from tests.databases import TODAY


def drop_every_month(house: House) -> None:
    """Leave the part of all other days alone."""
    if house.engine.dialect.name != "postgresql":
        return
    with house.engine.begin() as connection:
        for name in parts_of(house):
            connection.execute(text(f"DROP TABLE {name}"))


def restore_months(house: House) -> None:
    """Leave the months that every test begins with, empty."""
    if house.engine.dialect.name == "postgresql":
        drop_every_month(house)
        with house.engine.begin() as connection:
            connection.execute(text("TRUNCATE tap_rest, attendance_day_rest, notice_rest"))
        make_months(house.engine, TODAY)


def parts_of(house: House) -> list[str]:
    """The months there are, by table and time."""
    if house.engine.dialect.name != "postgresql":
        return []
    with house.engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class ON "
                "inhparent = pg_class.oid WHERE relkind = 'p'"
            )
        )
        return sorted(name for name in found.scalars() if not name.endswith("_rest"))
