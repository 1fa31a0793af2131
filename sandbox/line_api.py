"""Messaging API: sending (push, multicast, broadcast, reply) and checking messages beforehand."""

import re
from collections.abc import Sequence

from flask import Blueprint, Response, make_response, request

from sandbox.faults import QUOTA_TEXT
from sandbox.line_messages import check_send
from sandbox.line_request import USER_ID, Refusal, json_body, line_call, request_id
from sandbox.people import Json, Person
from sandbox.state import current
from sandbox.world import Delivery, describe

bp = Blueprint("line_api", __name__)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
BAD_TO = "The property, '{}', in the request body is invalid (line: -, column: -)"


@bp.post("/v2/bot/message/push")
@line_call("push", takes_retry_key=True)
def push() -> Response:
    """Send to one person, at most once per retry key."""
    body = json_body()
    _require_valid(body, "push")
    to = str(body["to"])
    if not USER_ID.fullmatch(to):
        raise Refusal(400, BAD_TO.format("to"))
    return _send_once("push", body, [to])


@bp.post("/v2/bot/message/multicast")
@line_call("multicast", takes_retry_key=True)
def multicast() -> Response:
    """Send the same to several friends."""
    body = json_body()
    _require_valid(body, "multicast")
    recipients = [str(to) for to in body["to"]]
    for number, to in enumerate(recipients):
        if not USER_ID.fullmatch(to):
            raise Refusal(400, BAD_TO.format(f"to[{number}]"))
    return _send_once("multicast", body, list(dict.fromkeys(recipients)))


@bp.post("/v2/bot/message/broadcast")
@line_call("broadcast", takes_retry_key=True)
def broadcast() -> Response:
    """Send the same to all friends."""
    body = json_body()
    _require_valid(body, "broadcast")
    return _send_once("broadcast", body, list(current().world.people))


@bp.post("/v2/bot/message/narrowcast")
@line_call("narrowcast", takes_retry_key=True)
def narrowcast() -> Response:
    """Refuse, as for an account without this permission."""
    raise Refusal(403, "Access to this API is not available for your account")


@bp.post("/v2/bot/message/reply")
@line_call("reply")
def reply() -> Response:
    """Answer an event: free, once, within a minute."""
    body = json_body()
    _require_valid(body, "reply")
    state = current()
    token = str(body["replyToken"])
    with state.world.lock:
        now = state.clock.now()
        user_id = state.reply_tokens.find(token, now)
        if user_id is None:
            raise Refusal(400, "Invalid reply token")
        state.reply_tokens.spend(token)
        person = state.world.people[user_id]
        messages = _messages(body)
        sent = state.world.sent_messages(messages)
        if not person.blocked:
            how = Delivery("reply", "silent", 0, request_id())
            state.world.deliver(person, messages, sent, how)
            state.quota.count("reply", 1, billed=0, now=now)
    return make_response({"sentMessages": sent})


@bp.post("/v2/bot/message/validate/<kind>")
@line_call("validate")
def validate(kind: str) -> Response:
    """Check message objects exactly as the send path does."""
    if kind not in ("push", "multicast", "reply", "narrowcast", "broadcast"):
        raise Refusal(404, "Not found")
    _require_valid(json_body(), "validate")
    return make_response({})


def _require_valid(body: Json, kind: str) -> None:
    details = check_send(body, kind)
    if details:
        raise Refusal(400, f"The request body has {len(details)} error(s)", details)


def _messages(body: Json) -> list[Json]:
    return list(body["messages"])


def _retry_key() -> str | None:
    key = request.headers.get("X-Line-Retry-Key")
    if key is None:
        return None
    if not _UUID.fullmatch(key):
        raise Refusal(400, "The value for the 'X-Line-Retry-Key' header is invalid")
    return key.lower()


def _send_once(kind: str, body: Json, recipients: Sequence[str]) -> Response:
    state = current()
    key = _retry_key()
    with state.world.lock:
        now = state.clock.now()
        accepted = state.retry_keys.find_accepted(key, now) if key else None
        if accepted:
            return _already_accepted(kind, accepted, recipients)
        people = _known_people(kind, recipients)
        reached = [person for person in people if _is_reached(kind, person)]
        if not state.quota.has_room(len(reached), now):
            raise Refusal(429, QUOTA_TEXT)
        sent = state.world.sent_messages(_messages(body))
        if key:
            state.retry_keys.accept(key, request_id(), sent, now)
        state.quota.count(kind, len(reached), billed=len(reached), now=now)
        _deliver(kind, body, sent, people, reached)
    return make_response({"sentMessages": sent} if kind == "push" else {})


def _is_reached(kind: str, person: Person) -> bool:
    # Source: line.md 1.3: only push also reaches strangers who wrote lately.
    if kind == "push":
        return current().world.is_reachable(person)
    return person.friend and not person.blocked


def _known_people(kind: str, recipients: Sequence[str]) -> list[Person]:
    world = current().world
    known = [world.people[to] for to in recipients if to in world.people]
    if kind == "push" and not known:
        raise Refusal(400, "Failed to send messages")
    return known


def _deliver(
    kind: str, body: Json, sent: list[Json], people: list[Person], reached: list[Person]
) -> None:
    world = current().world
    alert = "silent" if body.get("notificationDisabled") else "ring"
    how = Delivery(kind, alert, 1, request_id(), request.headers.get("X-Line-Retry-Key"))
    for person in people:
        if person in reached:
            world.deliver(person, _messages(body), sent, how)
        elif kind == "push":
            why = "已封鎖" if person.blocked else "不是好友"
            what = describe(_messages(body))
            world.note(person.name, what, "none", f"200・{why}，沒有送到・不計費", kind)


def _already_accepted(kind: str, accepted: Json, recipients: Sequence[str]) -> Response:
    world = current().world
    person = world.people.get(recipients[0]) if len(recipients) == 1 else None
    who = person.name if person else f"{len(recipients)} 人"
    world.note(who, "重送，已經收過", "none", "409・不計費", kind)
    body: Json = {"message": "The retry key is already accepted"}
    if kind == "push":
        body["sentMessages"] = accepted["sent_messages"]
    answer = make_response(body, 409)
    answer.headers["x-line-accepted-request-id"] = str(accepted["request_id"])
    return answer


@bp.after_request
def note_attempt(answer: Response) -> Response:
    """Write the finished call into the ledger."""
    kind = request.path.removeprefix("/v2/bot/message/")
    if kind not in ("push", "multicast", "broadcast"):
        return answer
    state = current()
    body = request.get_json(silent=True)
    attempt: Json = {
        "at": state.clock.iso(),
        "endpoint": kind,
        "to": body.get("to") if isinstance(body, dict) else None,
        "status": answer.status_code,
        "request_id": request_id(),
    }
    if answer.status_code == 429 or answer.status_code >= 500:
        _note_trouble(kind, body, answer)
    with state.world.lock:
        key = request.headers.get("X-Line-Retry-Key")
        state.retry_keys.note_attempt(key and key.lower(), attempt, state.clock.now())
    return answer


def _note_trouble(kind: str, body: object, answer: Response) -> None:
    if not isinstance(body, dict) or check_send(body, kind):
        return
    world = current().world
    person = world.people.get(str(body.get("to")))
    who = person.name if person else "好友"
    what = describe(_messages(body))
    word = "平台故障" if answer.status_code >= 500 else "平台忙線"
    if QUOTA_TEXT in answer.get_data(as_text=True):
        word = "額度用完"
    world.note(who, what, "none", f"{answer.status_code}・{word}", "system")
