"""Webhook events as LINE writes them, in the field order seen live."""

import secrets
from collections.abc import Callable

from sandbox.clock import Clock
from sandbox.ledgers.reply_tokens import ReplyTokens
from sandbox.people import Json, Person
from sandbox.webhooks.ulid import make_ulid

# Stickers, pictures, videos and texts can be quoted; files, sounds and places can't.
_QUOTABLE = {"text", "sticker", "image", "video"}


class Events:
    """Makes events; the ones that may be answered carry a fresh reply token.

    `remember_read_token` is told each new markAsReadToken and whose message it is of.
    """

    def __init__(
        self,
        clock: Clock,
        reply_tokens: ReplyTokens,
        remember_read_token: Callable[[str, str], None],
    ) -> None:
        self._clock = clock
        self._reply_tokens = reply_tokens
        self._remember = remember_read_token
        # Where the account is a member.
        self.groups: set[str] = set()

    def follow(self, person: Person, *, unblocked: bool) -> Json:
        """Return the event of adding or unblocking the account."""
        return self._event("follow", person, {"follow": {"isUnblocked": unblocked}})

    def unfollow(self, person: Person) -> Json:
        """Return the event of blocking the account; it cannot be answered."""
        return self._event("unfollow", person, {}, answerable=False)

    def text(self, person: Person, message_id: str, text: str) -> Json:
        """Return the event of a text message."""
        return self.message(person, message_id, {"type": "text", "text": text})

    def message(self, person: Person, message_id: str, content: Json) -> Json:
        """Return the event of any message; `content` is its type and what only that type has."""
        message = {"type": content["type"], "id": message_id}
        if content["type"] in _QUOTABLE:
            message["quoteToken"] = secrets.token_urlsafe(36)
        message["markAsReadToken"] = secrets.token_urlsafe(36)
        self._remember(message["markAsReadToken"], person.user_id)
        return self._event("message", person, {"message": message | content})

    def unsend(self, person: Person, message_id: str) -> Json:
        """Return the event of taking a message back; it cannot be answered."""
        content = {"unsend": {"messageId": message_id}}
        return self._event("unsend", person, content, answerable=False)

    def postback(self, person: Person, data: str, params: Json | None) -> Json:
        """Return the event of a pressed button; `params` of pickers and menu switches."""
        postback: Json = {"data": data}
        if params:
            postback["params"] = params
        return self._event("postback", person, {"postback": postback})

    def account_link(self, person: Person | None, nonce: str) -> Json:
        """Return the event of a link LINE made, or (None) would not make: that has no source."""
        result = "ok" if person else "failed"
        link = {"link": {"result": result, "nonce": nonce}}
        if person is not None:
            return self._event("accountLink", person, link)
        return self._frame("accountLink", link, {})

    def in_group(self, kind: str, content: Json, person: Person | None = None) -> Json:
        """Return an event of a group; without a person it is the group's own."""
        source = {"type": "group", "groupId": "C" + secrets.token_hex(16)}
        if kind != "leave":
            self.groups.add(source["groupId"])
        more: Json = {"source": source | ({"userId": person.user_id} if person else {})}
        if person:
            more["replyToken"] = self._reply_tokens.issue(person.user_id, self._clock.now())
        return self._frame(kind, content, more)

    def _event(self, kind: str, person: Person, content: Json, *, answerable: bool = True) -> Json:
        more: Json = {"source": {"type": "user", "userId": person.user_id}}
        if answerable:
            more["replyToken"] = self._reply_tokens.issue(person.user_id, self._clock.now())
        return self._frame(kind, content, more)

    def _frame(self, kind: str, content: Json, more: Json) -> Json:
        millis = self._clock.millis()
        return {
            "type": kind,
            **content,
            "webhookEventId": make_ulid(millis),
            "deliveryContext": {"isRedelivery": False},
            "timestamp": millis,
            **more,
            "mode": "active",
        }


def standby(event: Json) -> Json:
    """Return the event as another module's holder of the chat lets us see it: no reply token."""
    return {key: value for key, value in event.items() if key != "replyToken"} | {"mode": "standby"}
