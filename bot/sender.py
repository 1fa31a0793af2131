"""The one sender of answers: by reply token, by push when the token is gone and it matters."""

import logging
from datetime import timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from bot.answer import Answer
from bot.events import Incoming
from bot.line_api import LineApi, LineError

logger = logging.getLogger(__name__)

# A reply token is good for a minute from receipt. Source: LINE docs, "Send reply message".
REPLY_WINDOW = timedelta(seconds=50)
MAX_MESSAGES = 5
PUSH = "push"
ANSWERS = UUID("5b0c4a4e-6a0e-4d5c-9a63-0d3a3f6f9b11")


class Before(StrEnum):
    """What earlier attempts at the same event may have done."""

    NOTHING = "nothing"
    PERHAPS_SAID = "perhaps_said"
    PUSHED = "pushed"


def what_came_before(attempt: int, problem: str | None) -> Before:
    """Return what attempts before this one may have done; `attempt` counts from 1.

    A push is tried only once a reply is out of the question. Any other end, and above all a worker
    that died, leaves open whether the reply got through.
    """
    if attempt == 1:
        return Before.NOTHING
    is_push = problem is not None and problem.startswith(f"{PUSH}_")
    return Before.PUSHED if is_push else Before.PERHAPS_SAID


class Sender:
    """Say each answer once, as far as LINE lets us know."""

    def __init__(self, api: LineApi) -> None:
        self._api = api

    def send(self, incoming: Incoming, answer: Answer, *, age: timedelta, before: Before) -> None:
        """Hand the answer to LINE. Raises LineError when it was not taken.

        `age` is how old the reply token is. Only what was certainly not said in a reply is pushed,
        and every push of one event carries the same retry key.
        """
        if not answer.messages or incoming.is_silent:
            return
        is_young = incoming.reply_token is not None and age <= REPLY_WINDOW
        if is_young and before is not Before.PUSHED and self._reply(incoming, answer):
            return
        can_push = incoming.line_user_id is not None and incoming.room is None
        if answer.matters and can_push and before is not Before.PERHAPS_SAID:
            self._push(incoming, answer)
        else:
            extra = {"webhook_event_id": incoming.event_id, "reason": before.value}
            logger.info("answer left out", extra=extra)

    def _reply(self, incoming: Incoming, answer: Answer) -> bool:
        body = {"replyToken": incoming.reply_token, "messages": answer.messages[:MAX_MESSAGES]}
        try:
            self._api.post("reply", "/v2/bot/message/reply", body)
        except LineError as error:
            if error.status == 400 and "Invalid reply token" in error.said:
                return False
            raise
        return True

    def _push(self, incoming: Incoming, answer: Answer) -> None:
        body = {"to": incoming.line_user_id, "messages": answer.messages[:MAX_MESSAGES]}
        key = str(uuid5(ANSWERS, incoming.event_id))
        try:
            self._api.post(PUSH, "/v2/bot/message/push", body, retry_key=key)
        except LineError as error:
            # 409: an earlier attempt with this key was accepted.
            if error.status != 409:
                raise
