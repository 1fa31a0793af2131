"""On the paths of a rush rows are found by index, and by plans that are made once.

PostgreSQL plans by what it counted last. A month's part was empty then: it would read all of the
part for each row, through the first minutes of the month's first morning, until it counts again.
And it plans a prepared statement anew each time it is given fewer keys than it takes for usual: of
a single tap that is most of the work. Source: PostgreSQL manual, "Planner Method Configuration",
and "PREPARE", plan_cache_mode.
"""

from functools import cache
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from core.rows import SQLITE, run


def by_index(session: Session, *, in_order: bool = False) -> None:
    """Let what this transaction plans look rows up, and walk an index `in_order` for an order.

    What is sorted is read whole before. One plan serves whatever values come; made before elsewhere
    it stays as it is until the table is counted again. Nothing on SQLite, which has indexes and no
    guesses.
    """
    if session.get_bind().dialect.name != SQLITE:
        run(session, _in_order if in_order else _by_index, {})


@cache
def _by_index(_engine: str) -> Any:
    return select(_set("enable_seqscan", "off"), _set("plan_cache_mode", "force_generic_plan"))


@cache
def _in_order(_engine: str) -> Any:
    return _by_index(_engine).add_columns(_set("enable_sort", "off"))


def _set(name: str, value: str) -> Any:
    # For the transaction.
    return func.set_config(name, value, True).label(name)  # noqa: FBT003  # the function's own
