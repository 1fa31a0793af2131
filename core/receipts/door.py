"""Where text message firms tell what became of texts: signed, idempotent, forward only."""

import logging
import re
from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, Response, abort, jsonify, make_response, request

from core.db import transaction
from core.guards import Guard, declare
from core.house import House
from core.post.mitake import fate_of, text_sender
from core.post.texts import Found
from core.receipts.kept import Receipt, take_receipt
from core.receipts.signing import is_own_address, is_signed

logger = logging.getLogger(__name__)

REFERENCE = re.compile(r"[\w#-]{1,64}", re.ASCII)
FLAG = re.compile(r"\w", re.ASCII)
# Mitake tells again until it reads this. Source: Mitake's HTTP API v2.14, as its public client
# libraries quote it (read 2026-11-22).
TAKEN = "magicid=sms_gateway_rpack\nmsgid={}\n"


def make_blueprint(house: House) -> Blueprint:
    """Return the routes below /sms/receipts. Guard: the body's signature, or the address's."""
    receipts = Blueprint("sms_receipts", __name__, url_prefix="/sms/receipts")
    sender = text_sender(house.settings)
    name = sender.name if sender else None

    @receipts.post("/<provider>")
    @declare(Guard.SMS_SIGNATURE)
    def take_signed(provider: str) -> tuple[Response, int]:
        _require_known(provider, name)
        body = request.get_data(cache=True)
        if not is_signed(house.settings, body, request.headers.get("X-Sms-Signature", "")):
            return _refuse()
        found = _found(request.form)
        if found is None:
            return jsonify(error="invalid"), 400
        _take(house, Receipt(provider, found))
        return jsonify({}), 200

    @receipts.get("/<provider>")
    @declare(Guard.SMS_SIGNATURE)
    def take_asked(provider: str) -> tuple[Response, int]:
        _require_known(provider, name)
        key = request.args.get("text", "")
        if not is_own_address(house.settings, key, request.args.get("sign", "")):
            return _refuse()
        found = _found(request.args)
        if found is None:
            return jsonify(error="invalid"), 400
        _take(house, Receipt(provider, found, UUID(key)))
        answer = make_response(TAKEN.format(found.reference))
        answer.content_type = "text/plain; charset=ascii"
        return answer, 200

    return receipts


def _require_known(provider: str, name: str | None) -> None:
    if provider != name:
        abort(404)


def _refuse() -> tuple[Response, int]:
    logger.warning("receipt not signed by our firm", extra={"action": "sms_receipt"})
    return jsonify(error="signature"), 401


def _found(fields: Mapping[str, str]) -> Found | None:
    reference, flag = fields.get("msgid", ""), fields.get("StatusFlag", "")
    if not REFERENCE.fullmatch(reference) or not FLAG.fullmatch(flag):
        return None
    return Found(reference, fate_of(flag))


def _take(house: House, receipt: Receipt) -> None:
    with transaction(house.engine) as session:
        is_ours = take_receipt(session, receipt, house.clock.now())
    if not is_ours:
        logger.info("receipt kept for a text to come", extra={"action": "sms_receipt"})
