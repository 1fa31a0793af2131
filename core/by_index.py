"""On the paths of a rush rows are found by index, by plans made once and made anew as it grows.

PostgreSQL plans by what it counted last. A month's part was empty then: it would read all of the
part for each row, through the first minutes of the month's first morning, until it counts again.
And it plans a prepared statement anew each time it is given fewer keys than it takes for usual: of
a single tap that is most of the work. Source: PostgreSQL manual, "Planner Method Configuration",
"PREPARE", plan_cache_mode, and "DISCARD".
"""

import time
from functools import cache
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import String, bindparam, cast, func, select, text
from sqlalchemy.dialects.postgresql import OID
from sqlmodel import Session, SQLModel

from core.db import table_of
from core.rows import SQLITE, connection_of, innermost, run

# How often a connection looks whether what it planned for has grown.
LOOK_SECONDS = 1.0
BEGIN = b"BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan"
BEGIN_IN_ORDER = BEGIN + b"; SET LOCAL enable_sort = off"


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
    if driver.info.transaction_status == TransactionStatus.IDLE:
        # The driver would begin by itself, and wait for the answer to that alone. What goes wrong
        # here goes wrong again at the next statement, and is said there.
        driver.pgconn.exec_(BEGIN_IN_ORDER if in_order else BEGIN)
    else:
        run(session, _in_order if in_order else _by_index, {})
    session.info["by_index"] = (innermost(session), in_order)


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
    one_plan = _set("plan_cache_mode", "force_generic_plan")
    return select(_set("enable_seqscan", "off"), one_plan)


@cache
def _in_order(_engine: str) -> Any:
    return _by_index(_engine).add_columns(_set("enable_sort", "off"))


def _set(name: str, value: str) -> Any:
    # For the transaction.
    return func.set_config(name, value, True).label(name)  # noqa: FBT003  # the function's own
