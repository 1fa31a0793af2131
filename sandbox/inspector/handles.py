"""Handles on the LINE stand-in: people, webhooks' bad habits, limits, and a page to read.

The app never calls these; they stand for what only the people and the platform can do.
"""

import base64
import binascii
from datetime import timedelta

from flask import Blueprint, Response, make_response, render_template, request

from sandbox.ledgers.contents import Content
from sandbox.people import Json, Person
from sandbox.state import current
from sandbox.webhooks.event_samples import SAMPLES
from sandbox.webhooks.manners import read_manners
from sandbox.wire.answer import Refusal
from sandbox.wire.request import object_body

bp = Blueprint("inspect_line", __name__, url_prefix="/inspect", template_folder="templates")
MEDIA = ("image", "video", "audio", "file")


@bp.get("/")
def page() -> str:
    """Show what everybody saw, newest first, and what did not arrive."""
    state = current()
    user_id = request.args.get("user_id")
    with state.world.lock:
        seen, dropped = state.sights.seen_by(user_id), state.sights.dropped_for(user_id)
        people = list(state.world.people.values())
    rows = sorted([*seen, *dropped], key=lambda row: row["at"], reverse=True)
    return render_template("inspect.html", rows=rows[:500], count=len(rows), people=people)


@bp.get("/undelivered")
def undelivered() -> Response:
    """Return what was accepted and reached nobody, with the reason; `user_id` narrows it."""
    with current().world.lock:
        return make_response(current().sights.dropped_for(request.args.get("user_id")))


@bp.get("/summary")
def summary() -> Response:
    """Return the counts a checker asks for between two steps."""
    state = current()
    with state.world.lock:
        seen, dropped = state.sights.counts()
        used = state.quota.used(state.clock.now())
    return make_response({"seen": seen, "undelivered": dropped, "billed_this_month": used})


@bp.post("/people/<user_id>/delete")
def delete_person(user_id: str) -> Response:
    """Let a person delete the LINE account: no event, and pushes are dropped from now on."""
    state, person = current(), _person(user_id)
    with state.world.lock:
        person.deleted = True
        state.menus.links.pop(user_id, None)
        state.logins.revoke_user(user_id)
        state.world.note(person.name, "刪除 LINE 帳號", "none", "", "system")
        state.world.publish_phone(person)
    return make_response("", 204)


@bp.post("/people/<user_id>/media")
def send_media(user_id: str) -> Response:
    """Let a person send a picture, video, sound or file; answers {"message_id"}.

    {"type", "data": base64, "file_name", "media_type", "preparing_seconds", "fails"}.
    """
    state, person, body = current(), _person(user_id), object_body()
    data, message = _media(body)
    with state.world.lock:
        message_id = state.world.say(person, message)
        ready_at = state.clock.now() + timedelta(seconds=float(body.get("preparing_seconds", 0)))
        media_type = str(body.get("media_type", "application/octet-stream"))
        content = Content(data, media_type, ready_at, bool(body.get("fails")))
        state.contents.put(message_id, content)
    state.webhooks.put(state.events.message(person, message_id, message))
    return make_response({"message_id": message_id}, 201)


@bp.post("/people/<user_id>/unsend")
def unsend(user_id: str) -> Response:
    """Let a person take a message back: {"message_id"}."""
    state, person = current(), _person(user_id)
    message_id = str(object_body().get("message_id"))
    with state.world.lock:
        kept = [row for row in person.chat if row["id"] != message_id]
        if len(kept) == len(person.chat):
            raise Refusal(404, "no such message")
        person.chat.clear()
        person.chat.extend(kept)
        state.contents.unsend(message_id)
        state.world.publish_phone(person)
    state.webhooks.put(state.events.unsend(person, message_id))
    return make_response("", 204)


@bp.get("/samples")
def samples() -> Response:
    """Return the names of the sample events."""
    return make_response(list(SAMPLES))


@bp.post("/samples")
def send_samples() -> Response:
    """Send sample events in a person's name: {"user_id", "names": [...]}, all without names."""
    state, body = current(), object_body()
    person, names = _person(str(body.get("user_id"))), body.get("names", list(SAMPLES))
    if not isinstance(names, list) or not all(name in SAMPLES for name in names):
        raise Refusal(400, "names must be names of samples")
    for name in names:
        message_id = state.world.next_message_id()
        state.webhooks.put(SAMPLES[name](state.events, person, message_id))
    return make_response({"sent": len(names)})


@bp.get("/webhook-manners")
def manners() -> Response:
    """Return how webhooks behave."""
    return make_response(current().webhooks.dump()["manners"])


@bp.post("/webhook-manners")
def set_manners() -> Response:
    """Change how webhooks behave."""
    webhooks = current().webhooks
    try:
        webhooks.behave(read_manners(object_body(), webhooks.manners))
    except ValueError as error:
        raise Refusal(400, str(error)) from error
    return make_response("", 204)


@bp.post("/rate-limits")
def set_rate_limit() -> Response:
    """Change one limit: {"endpoint", "calls", "seconds"}; calls null takes it away."""
    body = object_body()
    calls, seconds = body.get("calls"), body.get("seconds", 1)
    if not isinstance(body.get("endpoint"), str):
        raise Refusal(400, "endpoint is needed")
    if calls is not None and not (type(calls) is int and calls > 0):
        raise Refusal(400, "calls must be a whole number above 0, or null")
    if type(seconds) not in (int, float) or seconds <= 0:
        raise Refusal(400, "seconds must be a number above 0")
    current().rates.change(body["endpoint"], None if calls is None else (calls, float(seconds)))
    return make_response("", 204)


def _media(body: Json) -> tuple[bytes, Json]:
    kind, name = body.get("type"), str(body.get("file_name", "file"))
    if kind not in MEDIA:
        raise Refusal(400, f"type must be one of {', '.join(MEDIA)}")
    try:
        data = base64.b64decode(str(body.get("data", "")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal(400, "data must be base64") from error
    if kind == "file":
        return data, {"type": "file", "fileName": name, "fileSize": len(data)}
    length = {} if kind == "image" else {"duration": int(body.get("duration", 1000))}
    return data, {"type": kind, **length, "contentProvider": {"type": "line"}}


def _person(user_id: str) -> Person:
    person = current().world.people.get(user_id)
    if person is None:
        raise Refusal(404, "no such person")
    return person
