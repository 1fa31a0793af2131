"""On the paths of a rush rows are found by index; where taps are stored, by plans made once.

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


def by_index(session: Session, *, in_order: bool = False, for_all: bool = False) -> None:
    """Let what this transaction plans look rows up, and walk an index `in_order` for an order.

    What is sorted is read whole before. With `for_all` one plan serves whatever values come; not
    where notices are looked for: made while a month is empty, when any index will do, it would walk
    through all of the month until it is counted. Nothing on SQLite, which has indexes and no
    guesses.
    """
    if session.get_bind().dialect.name != SQLITE:
        more = _in_order if in_order else _for_all if for_all else _by_index
        run(session, more, {})


@cache
def _by_index(_engine: str) -> Any:
    return select(_set("enable_seqscan", "off"))


@cache
def _in_order(_engine: str) -> Any:
    return _by_index(_engine).add_columns(_set("enable_sort", "off"))


@cache
def _for_all(_engine: str) -> Any:
    return _by_index(_engine).add_columns(_set("plan_cache_mode", "force_generic_plan"))


def _set(name: str, value: str) -> Any:
    # For the transaction.
    return func.set_config(name, value, True).label(name)  # noqa: FBT003  # the function's own
