"""The readers' HTTP API. Nothing is answered with 2xx before it is committed."""

import logging
from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import DBAPIError, TimeoutError
from werkzeug.exceptions import RequestEntityTooLarge

from core.clock import TAIPEI
from core.db import transaction
from core.errors import AccessError, InputError
from core.gate.batch import TapIn, WrongTap, parse_batch, parse_heartbeat
from core.gate.readers import Signature, authenticate, record_contact
from core.gate.taps import TapStatus, record_taps
from core.house import House

logger = logging.getLogger(__name__)

MAX_BODY = 1_000_000
RETRY_AFTER_SECONDS = 5


def make_blueprint(house: House) -> Blueprint:
    """Return the routes below /gate/v1. Guard: the reader's signature; /time is open."""
    gate = Blueprint("gate", __name__, url_prefix="/gate/v1")

    @gate.get("/time")
    def tell_time() -> Response:
        return jsonify(server_time=_server_time(house))

    @gate.post("/readers/<uuid:reader_id>/taps")
    def take_taps(reader_id: UUID) -> tuple[Response, int]:
        return _take_taps(house, reader_id)

    @gate.post("/readers/<uuid:reader_id>/heartbeat")
    def take_heartbeat(reader_id: UUID) -> tuple[Response, int]:
        return _take_heartbeat(house, reader_id)

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

    @gate.errorhandler(DBAPIError)
    @gate.errorhandler(TimeoutError)
    def not_stored(error: Exception) -> tuple[Response, int]:
        logger.error("nothing stored", extra={"action": "gate", "error_type": type(error).__name__})
        answer = jsonify(error="not_stored")
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return answer, 503

    return gate


def _take_taps(house: House, reader_id: UUID) -> tuple[Response, int]:
    body, now = _body(), house.clock.now()
    with transaction(house.engine) as session:
        reader = authenticate(session, house.vault, reader_id, _signature(), body, now)
        batch = parse_batch(body)
        good = [tap for tap in batch.taps if isinstance(tap, TapIn)]
        statuses: list[TapStatus] = []
        if good:
            liff_id = house.settings.liff_id
            statuses = record_taps(session, liff_id, reader, batch.boot_id, good, now)
        record_contact(session, reader_id, now)
    house.notices_due.set()
    by_tap = iter(statuses)
    results = [_result(tap, by_tap) for tap in batch.taps]
    status = 200 if len(good) == len(batch.taps) else 422
    return jsonify(results=results, server_time=_server_time(house)), status


def _result(tap: TapIn | WrongTap, statuses: Iterator[TapStatus]) -> dict[str, object]:
    if isinstance(tap, WrongTap):
        return {"seq": tap.seq, "status": "invalid", "field": tap.field, "problem": tap.problem}
    return {"seq": tap.seq, "status": next(statuses)}


def _take_heartbeat(house: House, reader_id: UUID) -> tuple[Response, int]:
    body, now = _body(), house.clock.now()
    with transaction(house.engine) as session:
        authenticate(session, house.vault, reader_id, _signature(), body, now)
        heartbeat = parse_heartbeat(body)
        record_contact(
            session,
            reader_id,
            now,
            clock_offset_seconds=(now - heartbeat.clock).total_seconds(),
            boot_id=heartbeat.boot_id,
            last_seq=heartbeat.last_seq,
            buffered=heartbeat.buffered,
        )
    return jsonify(server_time=_server_time(house)), 200


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
