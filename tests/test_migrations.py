"""Migrations and tables give the same database, on both engines, up and down."""

from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from core.db import metadata
from core.duty.migrate import SCRIPTS, is_current, migrate
from core.house import House

ROOT = Path(__file__).parents[1]
# A table is known once its module is loaded, whichever tests ran before.
for path in sorted([*ROOT.glob("core/**/tables.py"), ROOT / "bot/tables.py"]):
    import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def test_migrated_database_is_what_the_tables_say(house: House) -> None:
    with house.engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
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
