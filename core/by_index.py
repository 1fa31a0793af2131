"""On the paths of a rush rows are found by index, however small PostgreSQL takes a table for.

It plans by what it counted last. A month's part was empty then: it would read all of the part for
each row, through the first minutes of the month's first morning, until it counts again. Source:
PostgreSQL manual, "Planner Method Configuration".
"""

from functools import cache
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from core.rows import SQLITE, run


def by_index(session: Session, *, in_order: bool = False) -> None:
    """Let what this transaction plans look rows up, and walk an index `in_order` for an order.

    What is sorted is read whole before. A plan made before elsewhere stays as it is until the table
    is counted again. Nothing on SQLite, which has indexes and no guesses.
    """
    if session.get_bind().dialect.name != SQLITE:
        run(session, _in_order if in_order else _by_index, {})


@cache
def _by_index(_engine: str) -> Any:
    return select(func.set_config("enable_seqscan", "off", True).label("seqscan"))  # noqa: FBT003  # the function's own: for the transaction


@cache
def _in_order(_engine: str) -> Any:
    return _by_index(_engine).add_columns(
        func.set_config("enable_sort", "off", True).label("sort")  # noqa: FBT003  # as above
    )
