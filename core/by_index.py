"""On the paths of a rush rows are found by index, by plans made once and made anew as it grows.

PostgreSQL plans by what it counted last. A month's part was empty then: it would read all of the
part for each row, through the first minutes of the month's first morning, until it counts again.
And it plans a prepared statement anew each time it is given fewer keys than it takes for usual: of
a single tap that is most of the work. Source: PostgreSQL manual, "Planner Method Configuration",
"PREPARE", plan_cache_mode, and "DISCARD".
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import String, bindparam, cast, func, select, text
from sqlalchemy.dialects.postgresql import OID
from sqlmodel import Session, SQLModel

from core.db import table_of
from core.rows import SQLITE, connection_of, innermost, run

# How often a connection looks whether what it planned for has grown.
LOOK_SECONDS = 1.0
# How to plan, by PostgreSQL's names.
BY_INDEX = {"enable_seqscan": "off", "plan_cache_mode": "force_generic_plan"}
IN_ORDER = {**BY_INDEX, "enable_sort": "off"}


def by_index(session: Session, *, in_order: bool = False) -> None:
    """Let what this transaction plans look rows up, and walk an index `in_order` for an order.

    What is sorted is read whole before. One plan serves whatever values come; where it looks
    through what grows by the minute it is made `anew_with_growth`. Nothing where it was asked for
    already, nor on SQLite, which has indexes and no guesses.
    """
    if session.get_bind().dialect.name == SQLITE:
        return
    driver: Any = connection_of(session).connection.driver_connection
    asked_in, is_in_order = session.info.get("by_index", (None, False))
    if asked_in is innermost(session) and is_in_order >= in_order:
        return
    if not _begin(driver, IN_ORDER if in_order else BY_INDEX):
        run(session, _in_order if in_order else _by_index, {})
    session.info["by_index"] = (innermost(session), in_order)


def _begin(driver: Any, how: Mapping[str, str]) -> bool:
    """Begin a transaction and say how to plan in it, in one message; False where that can't be.

    The driver would begin by itself, and wait for the answer to that alone.
    """
    if driver.autocommit or driver.info.transaction_status != TransactionStatus.IDLE:
        return False
    words = [f"SET LOCAL {name} = {value}" for name, value in how.items()]
    answer = driver.pgconn.exec_("; ".join(["BEGIN", *words]).encode())
    if answer.status == ExecStatus.COMMAND_OK:
        return True
    # What is wrong is said by the next statement.
    with suppress(psycopg.Error):
        driver.rollback()
    return False


def anew_with_growth(session: Session, model: type[SQLModel]) -> None:
    """Have this connection's plans made anew when a month of the model is twice as large.

    A plan is kept until PostgreSQL counts, once a minute at best. One made while a month is empty,
    when any index will do, walks through all that has come since, for each row. Nothing on SQLite.
    """
    if session.get_bind().dialect.name == SQLITE:
        return
    kept, now = session.connection().info, time.monotonic()
    if now < kept.get("look_again_at", 0.0):
        return
    kept["look_again_at"] = now + LOOK_SECONDS
    parts = run(session, _sizes, {"table": table_of(model).name})
    # One dropped at this moment has none.
    sizes = {row.part: row.bytes or 0 for row in parts}
    planned_for = kept.get("planned_for", {})
    if any(size > 2 * planned_for.get(part, 0) for part, size in sizes.items()):
        session.execute(text("DISCARD PLANS"))
        kept["planned_for"] = sizes


@cache
def _sizes(_engine: str) -> Any:
    tree = func.pg_partition_tree(bindparam("table", type_=String)).table_valued("relid")
    part: Any = cast(tree.c.relid, OID)
    return select(part.label("part"), func.pg_relation_size(part).label("bytes"))


@cache
def _by_index(_engine: str) -> Any:
    return _saying(BY_INDEX)


@cache
def _in_order(_engine: str) -> Any:
    return _saying(IN_ORDER)


def _saying(how: Mapping[str, str]) -> Any:
    # For the transaction.
    told = True
    return select(*(func.set_config(*one, told).label(one[0]) for one in how.items()))
