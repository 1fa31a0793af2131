"""The outbox by itself: claim and settle, many in one statement or row by row.

All sides take from the same waiting notices in the same order. The peers are bare drivers that look
at nothing but the state: neither at who may still hear it nor at the order within a child.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from bench.bulk import connect, moment
from bench.databases import Databases, migrate_database
from bench.history import build_queue
from bench.sides import MORNING
from bench.town import Town, build_town
from core.db import transaction
from core.delivery.claims import LEASE, claim
from core.delivery.settle import Settlement, settle
from core.house import House, build_house
from core.kinds import NoticeState
from core.settings import load_settings

CLAIM_MOST = 200
SIDES = ("ours", "row_settle", "row_by_row")
# Rows of a round: the slow sides get fewer.
SHARES = {"ours": 1, "row_settle": 4, "row_by_row": 8}
NOW = datetime.fromisoformat(MORNING) + timedelta(minutes=1)
REQUEST_ID = "0c1b5e0e-6a60-4d4e-8f4c-2d9be3a0f7d1"
CLAIM = (
    "UPDATE notice SET state = 'leased', lease_token = {mark}, lease_until = {mark},"
    " attempts = attempts + 1, first_tried_at = coalesce(first_tried_at, {mark})"
    " WHERE id IN (SELECT id FROM notice WHERE state = 'pending' AND due_at <= {mark}"
    # What our index is of, or each claim would sort all that waits.
    " AND channel = 'line' AND settled_at IS NULL"
    " ORDER BY priority, turn_at, id LIMIT {mark} {skip}) AND state = 'pending'"
    " RETURNING id, line_user_id, retry_key, content"
)
SETTLE = (
    "UPDATE notice SET state = 'accepted', outcome = 'http_200', settled_at = {mark},"
    " line_request_id = {mark}, lease_until = NULL, lease_token = NULL"
    " WHERE id = {mark} AND lease_token = {mark} AND state = 'leased'"
)


def measure_outbox(databases: Databases, rows: int, rounds: int) -> dict[str, list[float]]:
    """Return notices a second through each way of claiming and settling, the ways in turn."""
    # The first round only compiles statements and fills caches.
    turns = [(side, rows // SHARES[side]) for _ in range(1 + rounds) for side in SIDES]
    url = _build(databases, sum(count for _, count in turns))
    house = build_house(load_settings(_env_file=None, database_url=url))
    taken: dict[str, list[float]] = {side: [] for side in SIDES}
    with closing(connect(url)) as connection:
        bare = BareOutbox(connection)
        work: dict[str, Callable[[int], int]] = {
            "ours": lambda count: _ours(house, count),
            "row_settle": lambda count: bare.work_off(count, CLAIM_MOST),
            "row_by_row": lambda count: bare.work_off(count, 1),
        }
        for side, count in turns:
            started = time.perf_counter()
            done = work[side](count)
            taken[side].append(done / (time.perf_counter() - started))
            assert done == count, f"{side}: {done} of {count} notices"
    house.engine.dispose()
    return {side: rates[1:] for side, rates in taken.items()}


class BareOutbox:
    """A queue in plain SQL: claims so many at once, settles each by itself, commits each."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        is_sqlite = isinstance(connection, sqlite3.Connection)
        words = {
            "mark": "?" if is_sqlite else "%s",
            "skip": "" if is_sqlite else "FOR UPDATE SKIP LOCKED",
        }
        self._claim, self._settle = CLAIM.format(**words), SETTLE.format(**words)

    def work_off(self, count: int, most: int) -> int:
        """Claim and settle so many notices; return how many there were."""
        done = 0
        while done < count:
            limit = min(most, count - done)
            token, now = str(uuid4()).replace("-", ""), moment(NOW)
            claimed = self._claim_some(token, now, limit)
            if not claimed:
                break
            for row in claimed:
                self._connection.execute(self._settle, (now, REQUEST_ID, row[0], token))
                self._connection.commit()
            done += len(claimed)
        return done

    def _claim_some(self, token: str, now: str, limit: int) -> Sequence[Any]:
        values = (token, moment(NOW + LEASE), now, now, limit)
        rows: Sequence[Any] = self._connection.execute(self._claim, values).fetchall()
        self._connection.commit()
        return rows


def _ours(house: House, count: int) -> int:
    """Do what the sender does in its turns: settle what landed, claim what is next."""
    done = 0
    landed: list[Settlement] = []
    while done < count or landed:
        limit = min(CLAIM_MOST, count - done)
        with transaction(house.engine) as session:
            settle(session, landed, NOW)
            leased = claim(session, now=NOW, limit=limit) if limit else []
        if limit and not leased:
            break
        landed = [
            Settlement(
                one.id,
                one.school_day,
                one.lease_token,
                NoticeState.ACCEPTED,
                "http_200",
                line_request_id=REQUEST_ID,
                riders=one.riders,
            )
            for one in leased
        ]
        done += len(leased)
    return done


def _build(databases: Databases, notices: int) -> str:
    town = Town(schools=5, children=min(1000, -(-notices // 5)), bound_every=1)
    databases.make("outbox")
    url = databases.address("outbox")
    migrate_database(url)
    house = build_house(load_settings(_env_file=None, database_url=url))
    build_town(url, house.vault, town)
    house.engine.dispose()
    build_queue(url, town, datetime.fromisoformat(MORNING), -(-notices // len(town.numbers())))
    return url
