"""Messaging API: sending, and checking messages beforehand.

The one part that must keep pace with a bench, so it runs in the server's own loop, without Flask.
Order of the checks: token, body, `to`, retry key, known user, rate, quota.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.ledgers.sights import Delivery, why_unreached
from sandbox.objects.messages import judge_send
from sandbox.people import Json, Person
from sandbox.state import State
from sandbox.wire.answer import NO_RETRY_KEY, QUOTA_TEXT, RATE_TEXT, Answer, Call, Refusal
from sandbox.world import describe

_USER_ID = re.compile(r"U[0-9a-f]{32}")
# Groups and rooms are well-formed recipients of a push, though the sandbox has none.
_RECIPIENT = re.compile(r"[UCR][0-9a-f]{32}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
BAD_TO = "The property, '{}', in the request body is invalid (line: -, column: -)"
_DROPPED = {"blocked": "已封鎖", "not a friend": "不是好友", "account deleted": "帳號已刪除"}
RETRY_KEY = "X-Line-Retry-Key"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path; `name` is what faults and limits call it."""

    name: str
    run: Callable[[State, Call], Answer]
    takes_retry_key: bool = False


def serve(endpoint: Endpoint, state: State, call: Call) -> Answer:
    """Return the answer to an authorised call, refusals included."""
    try:
        if not endpoint.takes_retry_key and RETRY_KEY in call.headers:
            raise Refusal(400, NO_RETRY_KEY)
        return endpoint.run(state, call)
    except Refusal as refusal:
        return Answer(refusal.body(), refusal.status)


def push(state: State, call: Call) -> Answer:
    """Send to one person, at most once per retry key."""
    body = _checked(call, "push")
    if not _RECIPIENT.fullmatch(body["to"]):
        raise Refusal(400, BAD_TO.format("to"))
    return _send_once(state, call, "push", [body["to"]])


def multicast(state: State, call: Call) -> Answer:
    """Send the same to several friends."""
    recipients = _checked(call, "multicast")["to"]
    for number, to in enumerate(recipients):
        if not _USER_ID.fullmatch(to):
            raise Refusal(400, BAD_TO.format(f"to[{number}]"))
    return _send_once(state, call, "multicast", list(dict.fromkeys(recipients)))


def broadcast(state: State, call: Call) -> Answer:
    """Send the same to all friends."""
    _checked(call, "broadcast")
    return _send_once(state, call, "broadcast", list(state.world.people))


def narrowcast(state: State, call: Call) -> Answer:
    """Send the same to all friends, as far as `limit` goes; audiences and filters are not ours."""
    body = _checked(call, "narrowcast")
    if body.get("recipient") or body.get("filter"):
        raise Refusal(403, "Access to this API is not available for your account")
    most = (body.get("limit") or {}).get("max")
    return _send_once(state, call, "narrowcast", list(state.world.people)[:most])


def reply(state: State, call: Call) -> Answer:
    """Answer an event: free, once, within a minute."""
    body = _checked(call, "reply")
    with state.world.lock:
        now = state.clock.now()
        user_id = state.reply_tokens.find(body["replyToken"], now)
        if user_id is None:
            raise Refusal(400, "Invalid reply token")
        if not state.rates.take("reply", now):
            raise Refusal(429, RATE_TEXT)
        state.reply_tokens.spend(body["replyToken"])
        person = state.world.people[user_id]
        sent = state.world.sent_messages(body["messages"])
        how = _delivery(call, "reply", now.isoformat(timespec="milliseconds"))
        if person.blocked or person.deleted:
            state.sights.drop(person, body["messages"], sent, how, why_unreached(person))
        else:
            state.world.deliver(person, body["messages"], sent, how)
            state.quota.count("reply", 1, billed=0, now=now)
    return Answer({"sentMessages": sent})


def validate(state: State, call: Call) -> Answer:
    """Check message objects exactly as the send path does."""
    _checked(call, "validate")
    if not state.rates.take("validate", state.clock.now()):
        raise Refusal(429, RATE_TEXT)
    return Answer({})


def _checked(call: Call, kind: str) -> Json:
    body = call.json()
    verdict = judge_send(body, kind)
    if verdict:
        raise Refusal(400, *verdict)
    return body


def _retry_key(call: Call) -> str | None:
    key = call.headers.get(RETRY_KEY)
    if key is None:
        return None
    if not _UUID.fullmatch(key):
        raise Refusal(400, "The value for the 'X-Line-Retry-Key' header is invalid")
    return key.lower()


def _send_once(state: State, call: Call, kind: str, recipients: list[str]) -> Answer:
    key = _retry_key(call)
    with state.world.lock:
        now = state.clock.now()
        # A repeat uses up the rate too, though it is answered all the same.
        is_within_rate = state.rates.take(kind, now)
        accepted = state.retry_keys.find_accepted(key, now) if key else None
        if accepted:
            return _already_accepted(state, kind, accepted, recipients)
        people = _known_people(state, kind, recipients)
        reached = [person for person in people if _is_reached(state, kind, person)]
        if not is_within_rate:
            raise Refusal(429, RATE_TEXT)
        if not state.quota.has_room(len(reached), now):
            raise Refusal(429, QUOTA_TEXT)
        sent = state.world.sent_messages(call.json()["messages"])
        if key:
            state.retry_keys.accept(key, call.request_id, sent, now)
        state.quota.count(kind, len(reached), billed=len(reached), now=now)
        how = _delivery(call, kind, now.isoformat(timespec="milliseconds"))
        _deliver(state, call.json()["messages"], sent, people, how)
        if kind == "narrowcast":
            state.narrowcasts.add(call.request_id, len(reached), now)
    if kind == "push":
        return Answer({"sentMessages": sent})
    return Answer({}, 202 if kind == "narrowcast" else 200)


def _is_reached(state: State, kind: str, person: Person) -> bool:
    # Only push also reaches strangers who wrote lately. Source: LINE docs, "Send push message".
    if kind == "push":
        return state.world.is_reachable(person)
    return person.friend and not person.blocked and not person.deleted


def _known_people(state: State, kind: str, recipients: list[str]) -> list[Person]:
    world = state.world
    known = [world.people[to] for to in recipients if to in world.people]
    if kind == "push" and not known:
        raise Refusal(400, "Failed to send messages")
    return known


def _delivery(call: Call, kind: str, at: str) -> Delivery:
    alert = "silent" if call.json().get("notificationDisabled") else "ring"
    billed = 0 if kind == "reply" else 1
    return Delivery(kind, alert, billed, call.request_id, call.headers.get(RETRY_KEY), at)


def _deliver(
    state: State, messages: list[Json], sent: list[Json], people: list[Person], how: Delivery
) -> None:
    for person in people:
        if _is_reached(state, how.kind, person):
            state.world.deliver(person, messages, sent, how)
        elif how.kind in ("push", "multicast"):
            reason = why_unreached(person)
            state.sights.drop(person, messages, sent, how, reason)
            answer = f"200・{_DROPPED[reason]}，沒有送到・不計費"
            state.world.note(person.name, describe(messages), "none", answer, how.kind)


def _already_accepted(state: State, kind: str, accepted: Json, recipients: list[str]) -> Answer:
    person = state.world.people.get(recipients[0]) if len(recipients) == 1 else None
    who = person.name if person else f"{len(recipients)} 人"
    state.world.note(who, "重送，已經收過", "none", "409・不計費", kind)
    body: Json = {"message": "The retry key is already accepted"}
    if kind == "push":
        body["sentMessages"] = accepted["sent_messages"]
    return Answer(body, 409, {"x-line-accepted-request-id": str(accepted["request_id"])})


def note_attempt(endpoint: Endpoint, state: State, call: Call, answer: Answer | None) -> None:
    """Write a finished call into the ledger; None when the caller got no answer."""
    if not endpoint.takes_retry_key:
        return
    body = _readable(call)
    attempt: Json = {
        "at": state.clock.iso(),
        "endpoint": endpoint.name,
        "to": body.get("to"),
        "status": answer.status if answer else None,
        "request_id": call.request_id,
    }
    if answer and (answer.status == 429 or answer.status >= 500):
        _note_trouble(endpoint.name, state, body, answer)
    key = call.headers.get(RETRY_KEY)
    with state.world.lock:
        state.retry_keys.note_attempt(key and key.lower(), attempt, state.clock.now())


def _readable(call: Call) -> Json:
    try:
        return call.json()
    except Refusal:
        return {}


def _note_trouble(kind: str, state: State, body: Json, answer: Answer) -> None:
    if judge_send(body, kind):
        return
    to = body.get("to")
    person = state.world.people.get(to) if isinstance(to, str) else None
    who = person.name if person else "好友"
    word = "平台故障" if answer.status >= 500 else "平台忙線"
    if answer.body == {"message": QUOTA_TEXT}:
        word = "額度用完"
    told = f"{answer.status}・{word}"
    state.world.note(who, describe(body["messages"]), "none", told, "system")


ENDPOINTS = {
    "/v2/bot/message/push": Endpoint("push", push, takes_retry_key=True),
    "/v2/bot/message/multicast": Endpoint("multicast", multicast, takes_retry_key=True),
    "/v2/bot/message/broadcast": Endpoint("broadcast", broadcast, takes_retry_key=True),
    "/v2/bot/message/narrowcast": Endpoint("narrowcast", narrowcast, takes_retry_key=True),
    "/v2/bot/message/reply": Endpoint("reply", reply),
    **{
        f"/v2/bot/message/validate/{kind}": Endpoint("validate", validate)
        for kind in ("push", "multicast", "narrowcast", "broadcast", "reply")
    },
}
