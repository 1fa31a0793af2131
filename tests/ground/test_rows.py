"""Rows as one parameter come back as they went in, on both engines."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.db import snapshot, table_of
from core.gate.tables import Tap
from core.house import House
from core.notices.tables import Notice
from core.rows import given_rows, is_one_of, rows_given, run_rows

TEXTS = st.text(
    alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=80
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 4 * 10**15).map(lambda one: EPOCH + timedelta(microseconds=one))
TYPES: dict[str, st.SearchStrategy[Any]] = {
    "id": st.uuids(),
    "outcome": st.none() | TEXTS,
    "attempts": st.integers(-(2**31), 2**31 - 1),
    "content": TEXTS.map(str.encode),
    "is_silent": st.booleans(),
    "school_day": st.dates(date(1970, 1, 1), date(2100, 1, 1)),
    "created_at": MOMENTS,
    "settled_at": st.none() | MOMENTS,
}


@given(rows=st.lists(st.fixed_dictionaries(TYPES), max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_every_type_comes_back_as_it_went_in(house: House, rows: list[dict[str, Any]]) -> None:
    engine = house.engine.dialect.name
    columns = [table_of(Notice).c[name] for name in TYPES]
    given_table = given_rows(engine, columns)
    with snapshot(house.engine) as session:
        found = session.connection().execute(
            select(*(given_table.c[column.name] for column in columns)),
            rows_given(engine, columns, rows),
        )
        came_back = [dict(row) for row in found.mappings()]
    assert came_back == rows


def test_number_of_a_reader_may_be_as_large_as_json_allows(house: House) -> None:
    engine, columns = house.engine.dialect.name, [table_of(Tap).c.seq]
    with snapshot(house.engine) as session:
        found = session.connection().execute(
            select(given_rows(engine, columns).c.seq),
            rows_given(engine, columns, [{"seq": 2**53 - 1}]),
        )
        assert found.scalar_one() == 2**53 - 1


def test_text_too_long_for_its_column_is_not_cut_to_another_one(house: House) -> None:
    engine, uid = house.engine.dialect.name, table_of(Tap).c.card_uid
    long = "0" * uid.type.length + "1"
    statement = select(given_rows(engine, [uid]).c.card_uid)
    values = rows_given(engine, [uid], [{uid.name: long}])
    with snapshot(house.engine) as session:
        found = session.connection().execute(statement, values)
        assert found.scalar_one() == long


def test_naive_moment_among_rows_is_refused(house: House) -> None:
    columns = [table_of(Notice).c[name] for name in ("attempts", "created_at")]
    moments = (EPOCH, datetime(2026, 11, 23, 7, 30))  # noqa: DTZ001
    rows = [{"attempts": 0, "created_at": moment} for moment in moments]
    with snapshot(house.engine) as session, pytest.raises(ValueError, match="naive"):
        run_rows(session, lambda engine: select(given_rows(engine, columns)), columns, rows)


def test_many_keys_are_one_parameter(house: House) -> None:
    engine, tap = house.engine.dialect.name, table_of(Tap)
    statement = select(tap.c.id).where(
        is_one_of(engine, tap.c.id, "ids"),
        is_one_of(engine, tap.c.tap_at, "moments"),
    )
    ids: list[UUID] = [uuid4() for _ in range(2000)]
    moments = [datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=n) for n in range(2000)]
    with snapshot(house.engine) as session:
        found = session.connection().execute(statement, {"ids": ids, "moments": moments})
        assert found.all() == []


FIRST_USE = """
from sqlalchemy import create_engine
from sqlmodel import Session
from core.db import table_of
from core.rows import run_models
from core.sealed import KeptKey

table = table_of(KeptKey)
every = table.select()
engine = create_engine("sqlite://")
with Session(engine) as session:
    table.create(session.connection())
    session.connection().execute(table.insert().values(name="one", key_sealed="k1:AAAA"))
    print(*(one.name for one in run_models(session, lambda engine: every, KeptKey, {})))
"""


def test_models_come_though_no_other_statement_came_before() -> None:
    # In a program of its own: here other tests have long made the mappers ready.
    done = subprocess.run([sys.executable, "-c", FIRST_USE], capture_output=True, text=True)

    assert (done.stdout, done.returncode) == ("one\n", 0), done.stderr
