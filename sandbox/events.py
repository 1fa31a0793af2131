"""Webhook events as LINE writes them, in the field order seen live."""

import secrets

from sandbox.clock import Clock
from sandbox.people import Json, Person
from sandbox.reply_tokens import ReplyTokens
from sandbox.ulid import make_ulid


class Events:
    """Makes events; the ones that may be answered carry a fresh reply token."""

    def __init__(self, clock: Clock, reply_tokens: ReplyTokens) -> None:
        self._clock = clock
        self._reply_tokens = reply_tokens

    def follow(self, person: Person, *, unblocked: bool) -> Json:
        """Return the event of adding or unblocking the account."""
        return self._event("follow", person, {"follow": {"isUnblocked": unblocked}})

    def unfollow(self, person: Person) -> Json:
        """Return the event of blocking the account; it cannot be answered."""
        return self._event("unfollow", person, {}, answerable=False)

    def text(self, person: Person, message_id: str, text: str) -> Json:
        """Return the event of a text message."""
        message = {
            "type": "text",
            "id": message_id,
            "quoteToken": secrets.token_urlsafe(36),
            "markAsReadToken": secrets.token_urlsafe(36),
            "text": text,
        }
        return self._event("message", person, {"message": message})

    def postback(self, person: Person, data: str, params: Json | None) -> Json:
        """Return the event of a pressed button; `params` of pickers and menu switches."""
        postback: Json = {"data": data}
        if params:
            postback["params"] = params
        return self._event("postback", person, {"postback": postback})

    def _event(self, kind: str, person: Person, content: Json, *, answerable: bool = True) -> Json:
        millis = self._clock.millis()
        event: Json = {
            "type": kind,
            **content,
            "webhookEventId": make_ulid(millis),
            "deliveryContext": {"isRedelivery": False},
            "timestamp": millis,
            "source": {"type": "user", "userId": person.user_id},
        }
        if answerable:
            event["replyToken"] = self._reply_tokens.issue(person.user_id, self._clock.now())
        event["mode"] = "active"
        return event
