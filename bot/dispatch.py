"""The dispatcher: takes stored events, one a person at a time, and answers them.

claim (transaction) -> handler (its own transaction) -> send (no transaction open) -> settle.
"""

import logging
import threading

from bot.answer import Answer
from bot.events import Incoming, parse_event
from bot.handlers.incoming import handle
from bot.inbox import Claim, claim_event, put_back, settle_event
from bot.line_api import LineApi, LineError
from bot.rich_menus import RichMenus
from bot.sender import Sender, what_came_before
from bot.tables import EventState
from core.db import transaction
from core.errors import ChannelError
from core.house import House

logger = logging.getLogger(__name__)

# The bell only shortens this wait: other processes store events too.
POLL_SECONDS = 1.0


class Dispatcher:
    """Work off the inbox. `run` may run in several threads at once."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._api = LineApi(house.settings)
        self._sender = Sender(self._api)
        self._menus = RichMenus(self._api)

    def run(self, stop: threading.Event) -> None:
        """Answer events until `stop` is set."""
        while not stop.is_set():
            self._house.events_due.wait(POLL_SECONDS)
            # Cleared before looking, so that an event stored meanwhile rings again.
            self._house.events_due.clear()
            try:
                while not stop.is_set() and self.work_once():
                    pass
            except Exception as error:
                # The database may be away for a moment; the events wait in it.
                logger.error("dispatch stopped", extra={"error_type": type(error).__name__})
                stop.wait(POLL_SECONDS)

    def work_once(self) -> bool:
        """Handle one event; tell whether there was one."""
        with transaction(self._house.engine) as session:
            claim = claim_event(session, self._house.clock.now())
        if claim is None:
            return False
        try:
            self._answer(claim)
        except Exception as error:
            self._give_up(claim, error)
        else:
            self._settle(claim, EventState.DONE)
        return True

    def _answer(self, claim: Claim) -> None:
        incoming = parse_event(claim.body)
        if incoming is None:
            return
        answer = handle(self._house, incoming)
        born = claim.received_at if incoming.is_redelivery else incoming.occurred_at
        age = self._house.clock.now() - born
        before = what_came_before(claim.attempts, claim.problem)
        self._sender.send(incoming, answer, age=age, before=before)
        self._follow_up(incoming, answer)

    def _follow_up(self, incoming: Incoming, answer: Answer) -> None:
        if answer.menu and incoming.line_user_id:
            self._menus.show(incoming.line_user_id, answer.menu)
        if answer.leaves_room and incoming.room:
            kind, room_id = incoming.room
            messaging = self._api.messaging
            leave = {
                "group": messaging.leave_group_with_http_info,
                "room": messaging.leave_room_with_http_info,
            }[kind]
            self._api.call(f"leave_{kind}", leave, room_id)

    def _settle(self, claim: Claim, state: EventState, problem: str | None = None) -> None:
        with transaction(self._house.engine) as session:
            settle_event(session, claim, state, self._house.clock.now(), problem)

    def _give_up(self, claim: Claim, error: Exception) -> None:
        # The class only: an error's text may quote the message or LINE's answer to it.
        problem = error.reason if isinstance(error, ChannelError) else type(error).__name__
        if isinstance(error, LineError) and error.permanent:
            self._settle(claim, EventState.DEAD, problem)
            state = EventState.DEAD
        else:
            with transaction(self._house.engine) as session:
                state = put_back(session, claim, self._house.clock.now(), problem)
        extra = {
            "webhook_event_id": claim.webhook_event_id,
            "error_type": type(error).__name__,
            "problem": problem,
            "attempt": claim.attempts,
            "state": state.value,
        }
        log = logger.error if state is EventState.DEAD else logger.warning
        log("event not answered", extra=extra)
