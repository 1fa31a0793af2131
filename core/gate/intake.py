"""The readers' HTTP API. Nothing is answered with 2xx before it is committed."""

import logging
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlmodel import Session
from werkzeug.exceptions import RequestEntityTooLarge

from core.by_index import by_index
from core.clock import TAIPEI
from core.db import once_more_after_deadlock, snapshot, transaction
from core.errors import AccessError, InputError
from core.gate.asking_again import ask_again
from core.gate.batch import Batch, TapIn, WrongTap, parse_batch, parse_heartbeat
from core.gate.continuity import follow_boot, note_boot, watch_boot
from core.gate.readers import HeldReader, SecretChanged, admit, record_heartbeat
from core.gate.signatures import Caller, Signature, credentials_of, verify
from core.gate.tables import Reader
from core.gate.tap_time import lived_at
from core.gate.taps import Delivery, TapStatus, record_taps
from core.guards import Guard, declare
from core.house import House
from core.notices.fairness import Turns
from core.together import Together

logger = logging.getLogger(__name__)

MAX_BODY = 1_000_000
# A batch whose taps are all older waits for its turn, so that live taps never wait behind it.
BACKLOG_AGE = timedelta(minutes=5)
# So many requests share one transaction; more would make the first of them wait for the last.
GROUP_MOST = 20
# In a rush a group waits so long for as many as came together before: to store one tap alone costs
# as much as to store ten of them, and nobody at the gate sees it.
PATIENCE_SECONDS = 0.005
# So long a reader is taken for what it was when it was read: its clock may be measured elsewhere.
KNOWN_SECONDS = 10.0
# Readers that were refused together must not come back together.
RETRY_AFTER_SECONDS = (1, 5)


class Busy(Exception):
    """Another backlog is being worked off."""


@dataclass(frozen=True, slots=True)
class TapRequest:
    """A request for taps: who signed it, what it holds and when it came."""

    caller: Caller
    batch: Batch
    now: datetime

    @property
    def good(self) -> list[TapIn]:
        """Return the taps that could be read."""
        return [tap for tap in self.batch.taps if isinstance(tap, TapIn)]


class Desk:
    """What the routes share: house, lines of requests, place for backlog, the schools' turns."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.credentials = Together(self._read_credentials, most=GROUP_MOST)
        self.turns = Turns()
        store = partial(_stored, self)
        self.live = Together(store, most=GROUP_MOST, patience=PATIENCE_SECONDS)
        self.backlog = threading.Semaphore(1)
        self._known: dict[UUID, tuple[float, Any]] = {}

    def caller(self, reader_id: UUID, signature: Signature, body: bytes, now: datetime) -> Caller:
        """Return who signed this. Raises AccessError like `verify`.

        By what was read of the reader a moment ago, if it fits: whether that still holds is looked
        at where the request is admitted.
        """
        read_at, known = self._known.get(reader_id, (-KNOWN_SECONDS, None))
        if time.monotonic() - read_at < KNOWN_SECONDS:
            with suppress(AccessError):
                return verify(known, self.house.vault, signature, body, now)
        read_at, known = time.monotonic(), self.credentials.submit(reader_id)
        caller = verify(known, self.house.vault, signature, body, now)
        self._known[reader_id] = (read_at, known)
        return caller

    def forget(self, reader_id: UUID) -> None:
        """Read the reader anew at its next request."""
        self._known.pop(reader_id, None)

    def _read_credentials(self, reader_ids: Sequence[UUID]) -> Sequence[Any]:
        # Only who signs rightly may make a writer wait, so this reads by itself.
        with snapshot(self.house.engine) as session:
            known = credentials_of(session, set(reader_ids))
        return [known.get(reader_id) for reader_id in reader_ids]


def make_blueprint(house: House) -> Blueprint:
    """Return the routes below /gate/v1. Guard: the reader's signature; /time is open."""
    gate = Blueprint("gate", __name__, url_prefix="/gate/v1")
    desk = Desk(house)

    @gate.get("/time")
    @declare(Guard.OPEN)
    def tell_time() -> Response:
        return jsonify(server_time=_server_time(house))

    @gate.post("/readers/<uuid:reader_id>/taps")
    @declare(Guard.READER_SIGNATURE)
    def take_taps(reader_id: UUID) -> tuple[Response, int]:
        return _take_taps(desk, reader_id)

    @gate.post("/readers/<uuid:reader_id>/heartbeat")
    @declare(Guard.READER_SIGNATURE)
    def take_heartbeat(reader_id: UUID) -> tuple[Response, int]:
        return _take_heartbeat(desk, reader_id)

    _add_refusals(gate)
    return gate


def _add_refusals(gate: Blueprint) -> None:
    @gate.errorhandler(AccessError)
    def refuse(error: AccessError) -> tuple[Response, int]:
        logger.warning("reader refused", extra={"action": "gate", "code": error.code})
        return jsonify(error=error.code), error.status

    @gate.errorhandler(InputError)
    def correct(error: InputError) -> tuple[Response, int]:
        return jsonify(error="invalid", field=error.field, problem=error.code), 400

    @gate.errorhandler(RequestEntityTooLarge)
    def too_large(_error: RequestEntityTooLarge) -> tuple[Response, int]:
        return jsonify(error="too_large", limit=MAX_BODY), 413

    @gate.errorhandler(Busy)
    def wait_your_turn(_error: Busy) -> tuple[Response, int]:
        return _come_again("busy")

    @gate.errorhandler(DBAPIError)
    @gate.errorhandler(TimeoutError)
    def not_stored(error: Exception) -> tuple[Response, int]:
        logger.error("nothing stored", extra={"action": "gate", "error_type": type(error).__name__})
        return _come_again("not_stored")


def _come_again(error: str) -> tuple[Response, int]:
    answer = jsonify(error=error)
    answer.headers["Retry-After"] = str(random.randint(*RETRY_AFTER_SECONDS))
    return answer, 503


def _take_taps(desk: Desk, reader_id: UUID) -> tuple[Response, int]:
    house = desk.house
    body, now = _body(), house.clock.now()
    caller = desk.caller(reader_id, _signature(), body, now)
    batch = parse_batch(body)
    try:
        statuses = _written(desk, TapRequest(caller, batch, now))
    except SecretChanged:
        desk.forget(reader_id)
        caller = desk.caller(reader_id, _signature(), body, now)
        statuses = _written(desk, TapRequest(caller, batch, now))
    house.notices_due.set()
    by_tap = iter(statuses)
    results = [_result(tap, by_tap) for tap in batch.taps]
    status = 200 if len(statuses) == len(results) else 422
    return jsonify(results=results, server_time=_server_time(house)), status


def _written(desk: Desk, asked: TapRequest) -> list[TapStatus]:
    """Let live taps pass and one backlog at a time. Raises Busy."""
    if not _is_backlog(asked):
        return desk.live.submit(asked)
    if not desk.backlog.acquire(blocking=False):
        raise Busy
    try:
        (outcome,) = _stored(desk, [asked])
    finally:
        desk.backlog.release()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _is_backlog(asked: TapRequest) -> bool:
    offset = timedelta(seconds=asked.caller.offset_seconds or 0)
    good = [tap.tapped_at + offset for tap in asked.good]
    return bool(good) and max(good) < asked.now - BACKLOG_AGE


def _stored(desk: Desk, requests: Sequence[TapRequest]) -> list[list[TapStatus] | Exception]:
    return once_more_after_deadlock(partial(_record, desk, requests))


def _record(desk: Desk, requests: Sequence[TapRequest]) -> list[list[TapStatus] | Exception]:
    """Commit the taps of several requests; an AccessError stands for a request not admitted."""
    house = desk.house
    now = house.clock.now()
    with transaction(house.engine) as session:
        # A school's taps come in many requests: what one wrote counts for the next.
        session.info["turns"] = desk.turns
        by_index(session)
        readers = admit(session, [one.caller for one in requests], now)
        outcomes: list[list[TapStatus] | Exception] = [
            reader if isinstance(reader, AccessError) else [] for reader in readers
        ]
        deliveries = {
            place: _delivery(session, reader, requests[place], now)
            for place, reader in enumerate(readers)
            if not isinstance(reader, AccessError) and requests[place].good
        }
        if deliveries:
            liff_id, of_all = house.settings.liff_id, list(deliveries.values())
            statuses = record_taps(session, liff_id, of_all, now)
            for place, own in zip(deliveries, statuses, strict=True):
                outcomes[place] = own
    return outcomes


def _delivery(session: Session, reader: HeldReader, asked: TapRequest, now: datetime) -> Delivery:
    boot_id, taps = asked.batch.boot_id, asked.good
    moment = lived_at([tap.tapped_at for tap in taps], now, reader.clock_offset_seconds)
    if moment is not None:
        watch_boot(session, reader, boot_id, now, lived_at=moment)
    return Delivery(reader, boot_id, taps)


def _result(tap: TapIn | WrongTap, statuses: Iterator[TapStatus]) -> dict[str, object]:
    if isinstance(tap, WrongTap):
        return {"seq": tap.seq, "status": "invalid", "field": tap.field, "problem": tap.problem}
    return {"seq": tap.seq, "status": next(statuses)}


def _take_heartbeat(desk: Desk, reader_id: UUID) -> tuple[Response, int]:
    house = desk.house
    body, now = _body(), house.clock.now()
    # Its clock is about to be measured anew; and so seldom a call needs no haste.
    desk.forget(reader_id)
    caller = desk.caller(reader_id, _signature(), body, now)
    heartbeat = parse_heartbeat(body)
    with transaction(house.engine) as session:
        (held,) = admit(session, [caller], now)
        if isinstance(held, AccessError):
            raise held
        reader = session.get_one(Reader, held.id)
        if follow_boot(session, reader, heartbeat.boot_id, now):
            delivered = None if heartbeat.buffered else heartbeat.last_seq
            note_boot(session, reader, heartbeat.boot_id, delivered, now)
        record_heartbeat(
            session,
            reader,
            clock_offset_seconds=(now - heartbeat.clock).total_seconds(),
            last_seq=heartbeat.last_seq,
            buffered=heartbeat.buffered,
        )
        wanted = ask_again(session, reader, heartbeat, now)
    desk.forget(reader_id)
    more = {"resend": wanted} if wanted else {}
    return jsonify(server_time=_server_time(house), **more), 200


def _body() -> bytes:
    request.max_content_length = MAX_BODY
    return request.get_data(cache=False)


def _signature() -> Signature:
    headers = request.headers
    return Signature(
        headers.get("webhook-id", ""),
        headers.get("webhook-timestamp", ""),
        headers.get("webhook-signature", ""),
    )


def _server_time(house: House) -> str:
    return house.clock.now().astimezone(TAIPEI).isoformat(timespec="milliseconds")
