"""What a person says on the phone: text, buttons, files, pictures, voices, stickers, places."""

from collections.abc import Callable

from flask import Blueprint, Response, make_response, request
from werkzeug.exceptions import RequestEntityTooLarge

from sandbox.ledgers.contents import Content
from sandbox.objects.text_length import utf16_units
from sandbox.people import Json, Person
from sandbox.phone.attachments import (
    Attachment,
    message_of,
    sample_photo,
    sample_roster,
    sample_voice,
)
from sandbox.state import current
from sandbox.wire.request import Refusal, object_body

bp = Blueprint("phone_talk", __name__)
SHOWN_IN_PLACE = ("image/", "audio/", "video/")
KINDS = ("file", "image", "video", "audio")
MOST_BYTES = 50 * 1024 * 1024
_SWITCH = "newRichMenuAliasId"


@bp.post("/phone/<user_id>/text")
def say_text(user_id: str) -> Response:
    """Type a message."""
    state, person = current(), find_talker(user_id)
    text = checked_text(object_body(), "text", 5000)
    message_id = state.world.say(person, {"type": "text", "text": text})
    state.webhooks.put(state.events.text(person, message_id, text))
    return make_response("", 204)


@bp.post("/phone/<user_id>/postback")
def press(user_id: str) -> Response:
    """Press a postback, picker or menu-switch button."""
    state, person, body = current(), find_talker(user_id), object_body()
    data = checked_text(body, "data", 300)
    if body.get("display_text"):
        state.world.say(person, {"type": "text", "text": checked_text(body, "display_text", 300)})
    params = body.get("params")
    if params is not None and not isinstance(params, dict):
        raise Refusal(400, "params must be an object")
    if params and _SWITCH in params:
        params = _switch_menu(person, str(params[_SWITCH]))
    state.webhooks.put(state.events.postback(person, data, params))
    return make_response("", 204)


@bp.post("/phone/<user_id>/attachment")
def attach(user_id: str) -> Response:
    """Send the request's bytes as a file, image, video or audio; `kind` and `name` in the query."""
    person, kind = find_talker(user_id), request.args.get("kind", "file")
    if kind not in KINDS:
        raise Refusal(400, f"kind must be one of {', '.join(KINDS)}")
    request.max_content_length = MOST_BYTES
    try:
        data = request.get_data()
    except RequestEntityTooLarge as error:
        raise Refusal(413, f"{MOST_BYTES} bytes at most") from error
    name = request.args.get("name", "")
    if not data or not name or utf16_units(name) > 255:
        raise Refusal(400, "bytes and a name of 1 to 255 characters are needed")
    media_type = request.mimetype or "application/octet-stream"
    return _send(person, Attachment(kind, name, media_type, data))


@bp.post("/phone/<user_id>/sample/<what>")
def attach_sample(user_id: str, what: str) -> Response:
    """Send a drawn photo, a silent voice, or the roster of `school_code` (else the first)."""
    person, sample = find_talker(user_id), current().gate.sample()
    code = request.args.get("school_code") or next((one.school_code for one in sample.readers), "")
    makers: dict[str, Callable[[], Attachment]] = {
        "photo": sample_photo,
        "voice": sample_voice,
        "roster": lambda: sample_roster(sample, code),
    }
    if what not in makers:
        raise Refusal(404, "samples are photo, voice and roster")
    return _send(person, makers[what]())


@bp.post("/phone/<user_id>/sticker")
def send_sticker(user_id: str) -> Response:
    """Send a sticker: {package_id, sticker_id}, with the words LINE lists for it as `keywords`."""
    person, body = find_talker(user_id), object_body()
    content: Json = {
        "type": "sticker",
        "packageId": checked_text(body, "package_id", 20),
        "stickerId": checked_text(body, "sticker_id", 20),
        "stickerResourceType": "STATIC",
    }
    keywords = body.get("keywords")
    if isinstance(keywords, list):
        content["keywords"] = [str(word) for word in keywords]
    return _tell(person, content)


@bp.post("/phone/<user_id>/location")
def send_location(user_id: str) -> Response:
    """Send a place: {title, address, latitude, longitude}."""
    person, body = find_talker(user_id), object_body()
    content: Json = {"type": "location"}
    for name, most in (("title", 100), ("address", 100)):
        content[name] = checked_text(body, name, most)
    for name, most in (("latitude", 90), ("longitude", 180)):
        content[name] = _degrees(body.get(name), most, name)
    return _tell(person, content)


@bp.post("/phone/<user_id>/unsend")
def unsend(user_id: str) -> Response:
    """Take back one's own message: {message_id}."""
    state, person = current(), find_talker(user_id)
    message_id = checked_text(object_body(), "message_id", 30)
    with state.world.lock:
        row = next((one for one in person.chat if one["id"] == message_id), None)
        if row is None or row["from"] != "person":
            raise Refusal(404, "no such message of this person")
        person.chat.remove(row)
        state.contents.unsend(message_id)
        state.world.say(person, {"type": "text", "text": "已收回訊息"}, from_="system")
    state.webhooks.put(state.events.unsend(person, message_id))
    return make_response("", 204)


@bp.get("/phone/content/<message_id>")
def content(message_id: str) -> Response:
    """Return what was sent, for the page itself; only pictures and sound are shown in place."""
    # A page that has just been told of the message must not ask before its bytes are kept.
    with current().world.lock:
        found = current().contents.find(message_id)
    if found is None or found.is_gone:
        raise Refusal(404, "not found")
    answer = make_response(found.data)
    answer.headers["content-type"] = found.media_type
    answer.headers["x-content-type-options"] = "nosniff"
    # A page of somebody's own would otherwise run as one of the sandbox's.
    answer.headers["content-security-policy"] = "sandbox"
    if not found.media_type.startswith(SHOWN_IN_PLACE):
        answer.headers.set("content-disposition", "attachment", filename="file")
    return answer


def find_person(user_id: str) -> Person:
    """Return the person or refuse."""
    person = current().world.people.get(user_id)
    if person is None:
        raise Refusal(404, "no such phone")
    return person


def find_talker(user_id: str) -> Person:
    """Return the person or refuse, also where the account is blocked."""
    person = find_person(user_id)
    if person.blocked:
        raise Refusal(409, "the account is blocked on this phone")
    return person


def checked_text(body: Json, key: str, most: int) -> str:
    """Return a text of the body or refuse; `most` counts UTF-16 units."""
    value = body.get(key)
    if not isinstance(value, str) or not value or utf16_units(value) > most:
        raise Refusal(400, f"{key} must be a text of 1 to {most} characters")
    return value


def _send(person: Person, sent: Attachment) -> Response:
    """Put the bytes where the content API finds them before the app hears of it."""
    state, message = current(), message_of(sent)
    with state.world.lock:
        message_id = state.world.say(person, message)
        content = Content(sent.data, sent.media_type, ready_at=state.clock.now())
        state.contents.put(message_id, content)
    state.webhooks.put(state.events.message(person, message_id, message))
    return make_response({"message_id": message_id}, 201)


def _tell(person: Person, message: Json) -> Response:
    state = current()
    message_id = state.world.say(person, message)
    state.webhooks.put(state.events.message(person, message_id, message))
    return make_response({"message_id": message_id}, 201)


def _switch_menu(person: Person, alias: str) -> Json:
    state = current()
    menu_id = state.menus.aliases.get(alias)
    if menu_id is None:
        return {_SWITCH: alias, "status": "RICHMENU_ALIAS_ID_NOTFOUND"}
    if menu_id not in state.menus.menus:
        return {_SWITCH: alias, "status": "RICHMENU_NOTFOUND"}
    with state.world.lock:
        state.menus.links[person.user_id] = menu_id
        state.world.publish_phone(person)
    return {_SWITCH: alias, "status": "SUCCESS"}


def _degrees(value: object, most: int, name: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > most:
        raise Refusal(400, f"{name} must be a number from -{most} to {most}")
    return float(value)
