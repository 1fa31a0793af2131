"""The webhook: check the signature on the raw bytes, store each event once, answer 200 at once."""

import json
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, request
from linebot.v3.webhook import SignatureValidator

from bot.inbox import store_events
from core.db import transaction
from core.guards import Guard, declare
from core.house import House
from core.together import Together

logger = logging.getLogger(__name__)

MAX_BODY = 1_000_000
MAX_SIGNATURE = 128
# So many requests share one transaction; more would make the first of them wait for the last.
GROUP_MOST = 20


def make_blueprint(house: House) -> Blueprint:
    """Return the route LINE calls."""
    blueprint = Blueprint("line_webhook", __name__)
    validators = [SignatureValidator(secret) for secret in house.settings.channel_secrets]
    inbox: Together[list[Any], None] = Together(partial(_store, house), most=GROUP_MOST)

    @blueprint.post("/line/webhook")
    @declare(Guard.LINE_SIGNATURE)
    def receive() -> tuple[Response, int]:
        request.max_content_length = MAX_BODY
        raw = request.get_data(cache=False)
        if not _is_signed(validators, raw, request.headers.get("x-line-signature", "")):
            return jsonify(error="signature"), 401
        events = _events(raw)
        if events is None:
            return jsonify(error="not a webhook body"), 400
        if events:
            inbox.submit(events)
        return jsonify({}), 200

    return blueprint


def _is_signed(validators: list[Any], raw: bytes, signature: str) -> bool:
    if not signature or len(signature) > MAX_SIGNATURE:
        return False
    try:
        body = raw.decode()
    except UnicodeDecodeError:
        return False
    # Every secret is tried: two are valid while one is being replaced.
    return any(validator.validate(body, signature) for validator in validators)


def _events(raw: bytes) -> list[Any] | None:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    events = body.get("events") if isinstance(body, dict) else None
    return events if isinstance(events, list) else None


def _store(house: House, requests: Sequence[list[Any]]) -> list[None]:
    """Commit the events of several requests."""
    events = [event for one in requests for event in one]
    with transaction(house.engine) as session:
        usable = store_events(session, events, house.clock.now())
    if usable < len(events):
        logger.warning("events left out", extra={"count": len(events) - usable})
    house.events_due.set()
    return [None] * len(requests)
