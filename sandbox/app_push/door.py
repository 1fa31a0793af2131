"""The push gateway as HTTP, what the phones show, and the plan of refusals."""

import hmac
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from sandbox.app_push.gateway import Message, PushRefused, Shown
from sandbox.app_push.plan import ANSWERS
from sandbox.clock import TAIPEI
from sandbox.state import current
from sandbox.wire.answer import Refusal
from sandbox.wire.inject import faulty
from sandbox.wire.request import list_body, object_body

bp = Blueprint("app_push", __name__, url_prefix="/app-push", template_folder="templates")
# The protocol's.
LONGEST = {"client_id": 64, "token": 512, "title": 100, "text": 500, "link": 1000}
CONFLICT = 409


@bp.post("/connections")
@faulty("app_connect")
def connect() -> Response:
    """Give a token for {"account"}, the bureau's id of somebody who is signed in to the app."""
    if not _is_known():
        return _say(401, "unauthorized")
    token = current().app_push.connect(_words().get("account", ""))
    return _say(404, "no_app") if token is None else _say(200, "connected", token=token)


@bp.post("/messages")
@faulty("app_send")
def send() -> Response:
    """Show a push; one whose client id was seen before is not shown again."""
    if not _is_known():
        return _say(401, "unauthorized")
    words = _words()
    if not _is_sound(words):
        return _say(422, "invalid")
    message = Message(**{name: words[name] for name in LONGEST})
    try:
        push, was_there = current().app_push.send(message)
    except PushRefused as refusal:
        word = str(refusal)
        return _say(CONFLICT if word == "conflict" else ANSWERS[word], word)
    return _say(200 if was_there else 202, "accepted", id=push.id)


@bp.get("/messages/<client_id>")
@faulty("app_ask")
def ask(client_id: str) -> Response:
    """Tell whether a push of this client id was taken."""
    if not _is_known():
        return _say(401, "unauthorized")
    push = current().app_push.find(client_id)
    return _say(404, "unknown_message") if push is None else _say(200, "accepted", id=push.id)


@bp.get("/inbox")
def inbox() -> Response:
    """Return all pushes as JSON, oldest first; `who` narrows it to one person's name."""
    who = request.args.get("who")
    pushes = current().app_push.pushes()
    return make_response([one.picture() for one in pushes if who in (None, one.who)])


@bp.get("")
def phones() -> str:
    """Show each person's pushes, newest first."""
    by_name: dict[str, list[Shown]] = {}
    for one in reversed(current().app_push.pushes()):
        by_name.setdefault(one.who, []).append(one)
    return render_template("app_push.html", inboxes=list(by_name.items()), zone=TAIPEI)


@bp.post("/apps")
def set_app() -> Response:
    """Sign an account in to the app or out: {"account", "signed_in"}."""
    body = object_body()
    try:
        current().app_push.sign_in(str(body.get("account")), is_in=bool(body.get("signed_in")))
    except KeyError as error:
        raise Refusal(400, "account is no account of the bureau") from error
    return make_response("", 204)


@bp.get("/plan")
def get_plan() -> Response:
    """Return the refusals still to come."""
    return make_response(current().app_push.plan.rows())


@bp.post("/plan")
def set_plan() -> Response:
    """Replace the planned refusals of the next pushes."""
    rows = list_body()
    try:
        current().app_push.plan.replace(rows)
    except ValueError as error:
        raise Refusal(400, str(error)) from error
    return make_response("", 204)


def _is_known() -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(given.encode(), current().settings.app_push_key.encode())


def _words() -> dict[str, str]:
    body = request.get_json(silent=True)
    given = body.items() if isinstance(body, dict) else ()
    return {name: value for name, value in given if isinstance(value, str)}


def _is_sound(words: dict[str, str]) -> bool:
    fits = all(len(words.get(name, " " * 2000)) <= most for name, most in LONGEST.items())
    return fits and all(words[name].strip() for name in ("client_id", "token", "title", "text"))


def _say(code: int, word: str, **more: Any) -> Response:
    answer = make_response({"status": word, **more}, code)
    if word == "rate":
        answer.headers["Retry-After"] = "5"
    return answer
