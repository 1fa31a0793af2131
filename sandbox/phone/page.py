"""The phone page and its JSON: what a person does with the phone in hand."""

from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from sandbox.clock import parse_instant
from sandbox.people import BOT_NAME, Json, Person
from sandbox.phone.talk import checked_text, find_person
from sandbox.state import current
from sandbox.wire.request import Refusal, list_body, object_body

bp = Blueprint(
    "phone",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)
ACCOUNT = {"name": BOT_NAME}
LIFF_HOST = "liff.line.me"
DEVICES = ("phone", "desktop")


@bp.get("/")
def page() -> str:
    """Show the phone page."""
    return render_template("phone.html")


@bp.get("/gate")
def gate() -> BaseResponse:
    """Lead to the gate's panel, which stands beside the phones."""
    return redirect(url_for("phone.page", _anchor="gate"), 303)


@bp.get("/phone/state")
def state_picture() -> Response:
    """Return everything the phone page draws."""
    state = current()
    with state.world.lock:
        return make_response(
            {
                "now": state.clock.iso(),
                "account": ACCOUNT,
                "phones": [state.world.picture(person) for person in state.world.people.values()],
                "gate": state.gate.picture(),
                "faults": state.faults.rows(),
                "log": list(state.world.log),
            }
        )


@bp.get("/phone/events")
def events() -> Response:
    """Stream every change."""
    answer = Response(current().hub.stream(), mimetype="text/event-stream")
    answer.headers["cache-control"] = "no-store"
    answer.headers["connection"] = "close"
    return answer


@bp.post("/phone")
def add_phone() -> Response:
    """Give one more person a phone."""
    body = object_body()
    name, role = checked_text(body, "name", 20), checked_text(body, "role", 20)
    person = current().world.add(name, role, _device(body))
    return make_response(current().world.picture(person), 201)


@bp.post("/phone/<user_id>/follow")
def follow(user_id: str) -> Response:
    """Add the account as a friend."""
    person = find_person(user_id)
    if person.friend and not person.blocked:
        return _done()
    return _befriend(person)


@bp.post("/phone/<user_id>/block")
def block(user_id: str) -> Response:
    """Block the account: menus unlink, and nothing arrives any more."""
    state, person = current(), find_person(user_id)
    if person.blocked:
        return _done()
    with state.world.lock:
        person.blocked = True
        person.quick_reply = []
        state.menus.links.pop(user_id, None)
        state.world.say(person, {"type": "text", "text": "已封鎖這個帳號"}, from_="system")
        state.world.note(person.name, "封鎖帳號", "none", "", "system")
    state.webhooks.put(state.events.unfollow(person))
    return _done()


@bp.post("/phone/<user_id>/unfollow")
def unfollow(user_id: str) -> Response:
    """Delete the account from the friends: LINE tells it like a block, once."""
    state, person = current(), find_person(user_id)
    if not person.friend:
        return _done()
    was_blocked = person.blocked
    with state.world.lock:
        # Who deleted the account is not reached as somebody who wrote lately, either.
        person.friend, person.blocked, person.wrote_at = False, False, None
        person.quick_reply, person.unread = [], 0
        state.menus.links.pop(user_id, None)
        state.world.say(person, {"type": "text", "text": "已刪除好友"}, from_="system")
        state.world.note(person.name, "刪除好友", "none", "", "system")
    if not was_blocked:
        state.webhooks.put(state.events.unfollow(person))
    return _done()


@bp.post("/phone/<user_id>/unblock")
def unblock(user_id: str) -> Response:
    """Unblock the account, which LINE tells as another follow."""
    person = find_person(user_id)
    return _befriend(person) if person.blocked else _done()


@bp.post("/phone/<user_id>/device")
def change_device(user_id: str) -> Response:
    """Go on with the same chat on a phone or in LINE for computers."""
    person = find_person(user_id)
    person.device = _device(object_body())
    current().world.publish_phone(person)
    return _done()


@bp.post("/phone/<user_id>/read")
def read(user_id: str) -> Response:
    """Look at the chat."""
    person = find_person(user_id)
    if person.unread:
        person.unread = 0
        current().world.publish_phone(person)
    return _done()


@bp.post("/phone/<user_id>/open")
def open_link(user_id: str) -> Response:
    """Tell how LINE would open a link."""
    person, url = find_person(user_id), checked_text(object_body(), "url", 2000)
    parts = urlsplit(url)
    if parts.scheme == "tel":
        return make_response({"mode": "tel", "url": url})
    if _is_liff(url):
        return make_response({"mode": "liff", "url": _liff_url(person, url)})
    return make_response({"mode": "external", "url": url})


@bp.post("/clock")
def set_clock() -> Response:
    """Move the clock of the simulated world."""
    try:
        moment: datetime = parse_instant(str(object_body().get("now")))
    except ValueError as error:
        raise Refusal(400, "now must be ISO 8601 with a zone") from error
    current().clock.move(moment)
    return _done()


@bp.get("/faults")
def get_faults() -> Response:
    """Return the faults still to come."""
    return make_response(current().faults.rows())


@bp.post("/faults")
def set_faults() -> Response:
    """Replace the planned faults."""
    rows = list_body()
    try:
        current().faults.replace(rows)
    except ValueError as error:
        raise Refusal(400, str(error)) from error
    return _done()


def _device(body: Json) -> str:
    device = body.get("device", "phone")
    if device not in DEVICES:
        raise Refusal(400, "device must be phone or desktop")
    return str(device)


def _befriend(person: Person) -> Response:
    state = current()
    with state.world.lock:
        was_blocked, person.blocked, person.friend = person.blocked, False, True
        word = "已解除封鎖" if was_blocked else "已加入好友"
        state.world.say(person, {"type": "text", "text": word}, from_="system")
        state.world.note(person.name, word, "none", "", "system")
    state.webhooks.put(state.events.follow(person, unblocked=was_blocked))
    return _done()


def _is_liff(url: str) -> bool:
    parts = urlsplit(url)
    own = parts.netloc == urlsplit(current().settings.origin).netloc
    return parts.netloc == LIFF_HOST or (own and parts.path.startswith("/liff/"))


def _liff_url(person: Person, url: str) -> str:
    parts = urlsplit(url)
    path = parts.path if parts.netloc != LIFF_HOST else f"/liff{parts.path}"
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("phone", person.user_id)]
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{current().settings.origin}{path}?{urlencode(query)}{fragment}"


def _done() -> Response:
    return make_response("", 204)
