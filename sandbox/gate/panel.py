"""The gate panel's JSON: cards, queues, broken lines, wrong clocks, whole mornings."""

import random
from collections import Counter

from flask import Blueprint, Response, make_response, request

from sandbox.gate.morning import Wish
from sandbox.gate.reader import MOST_IN_A_BATCH, Reader
from sandbox.gate.reader_clock import ClockFault
from sandbox.people import Json
from sandbox.sample import SampleStudent
from sandbox.state import current
from sandbox.wire.request import Refusal, object_body

bp = Blueprint("gate_panel", __name__, url_prefix="/gate/panel")
SWITCHES = ("online", "sends_twice", "beats")
SLOWEST, FASTEST = 1, 600


@bp.post("/tap")
def tap() -> Response:
    """Hold a card to a reader, by default one of the child's own school."""
    body, gate = object_body(), current().gate
    card_uid = str(body.get("card_uid", ""))
    if not card_uid:
        raise Refusal(400, "card_uid is missing")
    reader = _reader_for(body, card_uid)
    status, http_status = gate.tap(reader, card_uid)
    answer = {"status": status, "http_status": http_status, "trouble": reader.trouble}
    return make_response(answer)


@bp.post("/queue")
def queue() -> Response:
    """Let a class (`homeroom`) or `count` children drawn from `seed` go through a gate."""
    body = object_body()
    reader = _named_reader(body)
    cards = [student.card_uid for student in _queue(body, reader.facts.school_code)]
    if not cards:
        raise Refusal(404, "nobody of this school stands in that queue")
    statuses = Counter(sent.status for sent in current().gate.queue(reader, cards))
    answer = {"cards": cards, "statuses": dict(statuses), "trouble": reader.trouble}
    return make_response(answer)


@bp.post("/reader")
def change_reader() -> Response:
    """Change what is named of a reader: online, clock, batch_size, sends_twice, beats."""
    body, gate = object_body(), current().gate
    reader = _named_reader(body)
    _check(body)
    if "batch_size" in body:
        reader.batch_size = body["batch_size"]
    for name in ("sends_twice", "beats"):
        setattr(reader, name, body.get(name, getattr(reader, name)))
    if "clock" in body:
        reader.set_clock(ClockFault(body["clock"]["fault"]), body["clock"].get("seconds", 0))
        # Source: docs/readers.md: a heartbeat after the clock was set, before the next tap.
        gate.report(reader)
    gate.set_online(reader, is_online=body.get("online", reader.is_online))
    return make_response("", 204)


@bp.post("/reader/<deed>")
def act_on_reader(deed: str) -> Response:
    """Make a reader beat now, restart (power cut) or lose a number of its sequence."""
    reader, gate = _named_reader(object_body()), current().gate
    deeds = {"beat": lambda: None, "restart": reader.restart, "lose-number": reader.lose_number}
    if deed not in deeds:
        raise Refusal(404, "a reader can beat, restart or lose-number")
    deeds[deed]()
    gate.report(reader)
    gate.publish()
    return make_response("", 204)


@bp.post("/morning")
def morning() -> Response:
    """Replay a morning: {speed 1-600, minutes, seed, school_code, mishaps}; 409 while one runs."""
    if not current().morning.start(_wish(object_body())):
        raise Refusal(409, "a morning is being replayed; stop it first")
    return make_response("", 202)


@bp.post("/morning/stop")
def stop_morning() -> Response:
    """End the replay; taps that have not come yet do not come."""
    current().morning.cancel()
    return make_response("", 204)


@bp.get("/morning/plan")
def plan() -> Response:
    """Return what a wish would replay: [{"after" seconds, "reader_id", "deed", "card_uid"}]."""
    numbers = {name: request.args.get(name, type=float) for name in ("speed", "minutes", "seed")}
    body: Json = {name: value for name, value in numbers.items() if value is not None}
    body |= {"school_code": request.args.get("school_code", "")}
    body |= {"mishaps": request.args.get("mishaps") == "true"}
    if "seed" in body:
        body["seed"] = int(body["seed"])
    rows = [
        {
            "after": int(step.after.total_seconds()),
            "reader_id": step.reader_id,
            "deed": step.deed,
            "card_uid": step.card_uid,
        }
        for step in current().morning.plan(_wish(body))
    ]
    return make_response(rows)


def _queue(body: Json, school_code: str) -> list[SampleStudent]:
    mates = [one for one in current().gate.sample().students if one.school_code == school_code]
    if "homeroom" in body:
        return [one for one in mates if one.homeroom == body["homeroom"]]
    count, seed = body.get("count", 0), body.get("seed", 1)
    if not _is_whole(count, 1, MOST_IN_A_BATCH) or not _is_whole(seed, 0, 10**9):
        raise Refusal(400, f"homeroom, or count 1 to {MOST_IN_A_BATCH} and a seed, are needed")
    return random.Random(seed).sample(mates, min(count, len(mates)))


def _check(body: Json) -> None:
    """Refuse nonsense before anything is changed."""
    if any(not isinstance(body.get(name, True), bool) for name in SWITCHES):
        raise Refusal(400, f"{', '.join(SWITCHES)} must be true or false")
    if not _is_whole(body.get("batch_size", 1), 1, MOST_IN_A_BATCH):
        raise Refusal(400, f"batch_size must be 1 to {MOST_IN_A_BATCH}")
    clock = body.get("clock", {"fault": ClockFault.RIGHT})
    if not isinstance(clock, dict) or clock.get("fault") not in list(ClockFault):
        raise Refusal(400, f"clock.fault must be one of {', '.join(ClockFault)}")
    if not _is_whole(clock.get("seconds", 0), -(10**9), 10**9):
        raise Refusal(400, "clock.seconds must be a whole number")


def _wish(body: Json) -> Wish:
    speed, minutes, seed = body.get("speed", 60), body.get("minutes", 40), body.get("seed", 115)
    code, mishaps = body.get("school_code", ""), body.get("mishaps", False)
    if not _is_number(speed) or not SLOWEST <= speed <= FASTEST:
        raise Refusal(400, f"speed must be {SLOWEST} to {FASTEST}")
    if not _is_number(minutes) or not 0 < minutes <= 240:
        raise Refusal(400, "minutes must be above 0, 240 at most")
    if not _is_whole(seed, 0, 10**9) or not isinstance(mishaps, bool):
        raise Refusal(400, "seed must be a whole number, mishaps true or false")
    if code and code not in {one.facts.school_code for one in current().gate.readers()}:
        raise Refusal(404, "no reader of this school")
    return Wish(float(speed), float(minutes), seed, str(code), mishaps)


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


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
