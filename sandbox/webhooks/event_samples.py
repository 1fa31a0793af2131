"""One of every event a bot can meet, the rare and the not yet invented ones included."""

from collections.abc import Callable

from sandbox.people import Json, Person
from sandbox.webhooks.events import Events, standby

_FROM_LINE = {"contentProvider": {"type": "line"}}
_STICKER = {
    "stickerId": "52002734",
    "packageId": "11537",
    "stickerResourceType": "ANIMATION",
    "keywords": ["cony", "sally"],
}
_PLACE = {
    "title": "臺北市政府",
    "address": "110204臺北市信義區市府路1號",
    "latitude": 25.0375,
    "longitude": 121.5637,
}
_CONTENTS: dict[str, Json] = {
    "text": {"type": "text", "text": "今天"},
    "text with emoji": {
        "type": "text",
        "text": "早安(sun)",
        "emojis": [
            {"index": 2, "length": 5, "productId": "5ac1bfd5040ab15980c9b435", "emojiId": "001"}
        ],
    },
    "image": {"type": "image", **_FROM_LINE},
    "video": {"type": "video", "duration": 60000, **_FROM_LINE},
    "audio": {"type": "audio", "duration": 60000, **_FROM_LINE},
    "file": {"type": "file", "fileName": "名冊.xlsx", "fileSize": 2138},
    "location": {"type": "location", **_PLACE},
    "sticker": {"type": "sticker", **_STICKER},
    # The SDK and any careful bot must survive these.
    "unknown message": {"type": "hologram", "scale": 1},
}
_PARAMS: dict[str, Json] = {
    "date": {"date": "2026-11-24"},
    "time": {"time": "07:30"},
    "datetime": {"datetime": "2026-11-24T07:30"},
    "menu switch": {"newRichMenuAliasId": "staff", "status": "SUCCESS"},
}
Make = Callable[[Events, Person, str], Json]


def _message(content: Json) -> Make:
    return lambda events, person, message_id: events.message(person, message_id, content)


def _postback(params: Json | None) -> Make:
    return lambda events, person, _: events.postback(person, "a=1", params)


def _member(kind: str, key: str) -> Make:
    def make(events: Events, person: Person, _: str) -> Json:
        members = [{"type": "user", "userId": person.user_id}]
        return events.in_group(kind, {key: {"members": members}}, person)

    return make


def _edited(events: Events, person: Person, message_id: str) -> Json:
    message = events.text(person, message_id, "改成明天")["message"]
    return events.in_group("messageEdited", {"message": message}, person)


def _unknown_property(events: Events, person: Person, message_id: str) -> Json:
    event = events.text(person, message_id, "今天")
    return event | {"weather": {"sky": "blue"}, "message": event["message"] | {"mood": "good"}}


SAMPLES: dict[str, Make] = {
    "follow": lambda events, person, _: events.follow(person, unblocked=False),
    "unblock": lambda events, person, _: events.follow(person, unblocked=True),
    "unfollow": lambda events, person, _: events.unfollow(person),
    **{name: _message(content) for name, content in _CONTENTS.items()},
    "unsend": lambda events, person, message_id: events.unsend(person, message_id),
    "postback": _postback(None),
    **{f"postback {name}": _postback(params) for name, params in _PARAMS.items()},
    "account link": lambda events, person, _: events.account_link(person, "nonce-of-the-sample"),
    "account link failed": lambda events, _, __: events.account_link(None, "nonce-of-the-sample"),
    "message edited": _edited,
    "join": lambda events, person, _: events.in_group("join", {}, person),
    "leave": lambda events, _, __: events.in_group("leave", {}),
    "member joined": _member("memberJoined", "joined"),
    "member left": _member("memberLeft", "left"),
    "standby": lambda events, person, message_id: standby(events.text(person, message_id, "今天")),
    "unknown type": lambda events, person, _: events.in_group("teleported", {"to": "moon"}, person),
    "unknown property": _unknown_property,
}
