"""The gate panel's JSON: cards, broken lines, wrong clocks, a whole morning."""

from flask import Blueprint, Response, make_response

from sandbox.line_request import Refusal, object_body
from sandbox.people import Json
from sandbox.reader import Reader
from sandbox.state import current

bp = Blueprint("gate_panel", __name__, url_prefix="/gate/panel")


@bp.post("/tap")
def tap() -> Response:
    """Hold a card to a reader, by default one of the child's own school."""
    body, gate = object_body(), current().gate
    card_uid = str(body.get("card_uid", ""))
    if not card_uid:
        raise Refusal(400, "card_uid is missing")
    status, http_status = gate.tap(_reader_for(body, card_uid), card_uid)
    return make_response({"status": status, "http_status": http_status})


@bp.post("/morning")
def morning() -> Response:
    """Replay an arrival morning; does nothing while one is running."""
    body = object_body()
    speed, minutes = body.get("speed", 60), body.get("minutes", 20)
    if not _is_positive(speed) or not _is_positive(minutes):
        raise Refusal(400, "speed and minutes must be positive numbers")
    current().morning.start(float(str(speed)), float(str(minutes)))
    return make_response("", 202)


@bp.post("/online")
def online() -> Response:
    """Cut or restore a reader's line."""
    body = object_body()
    is_online = body.get("online")
    if not isinstance(is_online, bool):
        raise Refusal(400, "online must be true or false")
    current().gate.set_online(_named_reader(body), is_online=is_online)
    return make_response("", 204)


@bp.post("/skew")
def skew() -> Response:
    """Make a reader's clock wrong."""
    body = object_body()
    seconds = body.get("seconds")
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise Refusal(400, "seconds must be a whole number")
    current().gate.set_skew(_named_reader(body), seconds)
    return make_response("", 204)


def _reader_for(body: Json, card_uid: str) -> Reader:
    if body.get("reader_id"):
        return _named_reader(body)
    gate = current().gate
    student = gate.find_student(card_uid)
    reader = gate.reader_for(student) if student else None
    if reader is None:
        raise Refusal(404, "no reader for this card; is the sample file there?")
    return reader


def _named_reader(body: Json) -> Reader:
    reader = current().gate.find_reader(str(body.get("reader_id", "")))
    if reader is None:
        raise Refusal(404, "no such reader")
    return reader


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
