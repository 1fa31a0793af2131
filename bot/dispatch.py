"""The dispatcher: takes stored events, one a person at a time, and answers them.

claim (transaction) -> handler (its own transaction) -> send (no transaction open) -> settle.

What several threads have done is settled, and what they do next is claimed, in one transaction.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.answer import Answer
from bot.claims import (
    LEASE,
    Claim,
    Outcome,
    claim_events,
    failed,
    has_open,
    hold_longer,
    settle_events,
)
from bot.events import Happening, Incoming, parse_event
from bot.handlers.incoming import handle
from bot.handlers.staff.rosters import lost_file, take_file
from bot.handlers.unsend import came_too_late
from bot.line_api import LineApi, LineError
from bot.replies.account_link import offer_link
from bot.rich_menus import RichMenus
from bot.sender import Sender, what_came_before
from bot.tables import EventState
from core.crypto import ValueSpoilt
from core.db import snapshot, transaction
from core.errors import ChannelError
from core.house import House
from core.languages.language import SOURCE
from core.languages.speech import speaking
from core.people.languages import language_of_line_user
from core.together import Together

logger = logging.getLogger(__name__)

# The bell only shortens this wait: other processes store events too.
POLL_SECONDS = 1.0
# Fetching a file and reading it in a process of its own take at most a minute and a half.
SLOW_LEASE = timedelta(minutes=2)
# Source: LINE docs, "Display a loading animation": 5 to 60, in steps of 5; the answer ends it.
LOADING_SECONDS = 60
# Nobody takes a message back so soon.
AT_ONCE = timedelta(seconds=2)
# So many threads share one transaction at most.
GROUP_MOST = 20


@dataclass(frozen=True, slots=True)
class Turn:
    """A thread between two events: what became of its last one, and whether it takes another."""

    outcome: Outcome | None
    takes_more: bool


class Dispatcher:
    """Work off the inbox. `run` may run in several threads at once."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._api = LineApi(house.settings)
        self._sender = Sender(self._api)
        self._menus = RichMenus(house.settings)
        self._turns = Together(self._change_hands, most=GROUP_MOST)
        self._lookout = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Answer events until `stop` is set."""
        self._api.load()
        while not stop.is_set():
            try:
                claim = self._wait_for_one(stop)
                while claim is not None:
                    outcome = self._work_off(claim)
                    claim = self._turns.submit(Turn(outcome, takes_more=not stop.is_set()))
            except Exception as error:
                # The database may be away for a moment; the events wait in it.
                logger.error("dispatch stopped", extra={"error_type": type(error).__name__})
                stop.wait(POLL_SECONDS)

    def work_once(self) -> bool:
        """Handle one event; tell whether there was one."""
        claim = self._find_one()
        if claim is None:
            return False
        self._turns.submit(Turn(self._work_off(claim), takes_more=False))
        return True

    def _wait_for_one(self, stop: threading.Event) -> Claim | None:
        """Return the next event, or None once `stop` is set.

        Of the threads with nothing to do one looks out; the next one takes its place when it has
        found something, and looks whether there is more.
        """
        with self._lookout:
            while not stop.is_set():
                # Cleared before looking, so that an event stored meanwhile rings again.
                self._house.events_due.clear()
                claim = self._find_one()
                if claim is not None:
                    return claim
                self._house.events_due.wait(POLL_SECONDS)
        return None

    def _find_one(self) -> Claim | None:
        with snapshot(self._house.engine) as session:
            if not has_open(session):
                return None
        return self._turns.submit(Turn(None, takes_more=True))

    def _change_hands(self, turns: Sequence[Turn]) -> list[Claim | None]:
        """Settle what the threads have done and claim what they do next: one commit for all."""
        outcomes = [turn.outcome for turn in turns if turn.outcome is not None]
        wanted = sum(turn.takes_more for turn in turns)
        now = self._house.clock.now()
        with transaction(self._house.engine) as session:
            settle_events(session, outcomes, now)
            claims = iter(claim_events(session, now, wanted) if wanted else [])
        return [next(claims, None) if turn.takes_more else None for turn in turns]

    def _work_off(self, claim: Claim) -> Outcome:
        """Answer an event and return what became of it."""
        try:
            self._answer(claim)
        except Exception as error:
            return _given_up(claim, error)
        return Outcome(claim, EventState.DONE)

    def _answer(self, claim: Claim) -> None:
        if not claim.body:
            raise ValueSpoilt("event")
        incoming = parse_event(claim.body)
        if incoming is None or self._is_taken_back(claim, incoming):
            return
        incoming = self._with_language(claim, incoming)
        incoming = replace(incoming, is_retry=claim.attempts > 1)
        answer = self._with_link(claim, incoming, handle(self._house, incoming))
        answer = self._with_file(claim, incoming, answer)
        # Both by our own clock: LINE's may be another, and a token lives from its receipt.
        age = self._house.clock.now() - claim.received_at
        before = what_came_before(claim.attempts, claim.problem)
        self._sender.send(incoming, answer, age=age, before=before)
        self._follow_up(claim, incoming, answer)

    def _is_taken_back(self, claim: Claim, incoming: Incoming) -> bool:
        is_late = claim.received_at - incoming.occurred_at > AT_ONCE
        return is_late and came_too_late(self._house, incoming)

    def _hold(self, claim: Claim, lease: timedelta = LEASE) -> None:
        """Keep the event in hand for what comes next: by now LINE may have taken its time.

        A lease outlives two calls to LINE, so it is renewed where more than that follow each other.
        """
        with transaction(self._house.engine) as session:
            hold_longer(session, claim, self._house.clock.now(), lease)

    def _with_language(self, claim: Claim, incoming: Incoming) -> Incoming:
        """Ask LINE which language a new friend reads; without an answer we speak our own."""
        if incoming.happening is not Happening.FOLLOW or incoming.line_user_id is None:
            return incoming
        profile = self._api.messaging.get_profile_with_http_info
        try:
            found = self._api.call("profile", profile, incoming.line_user_id)
        except ChannelError:
            # Without an answer the greeting goes out all the same.
            return incoming
        finally:
            self._hold(claim)
        return replace(incoming, language=str(found.language or ""))

    def _with_link(self, claim: Claim, incoming: Incoming, answer: Answer) -> Answer:
        """Ask LINE for a link token where the answer needs one; no transaction is open here."""
        if not answer.asks_link_token or incoming.line_user_id is None:
            return answer
        issue = self._api.messaging.issue_link_token_with_http_info
        token = self._api.call("link_token", issue, incoming.line_user_id).link_token
        self._hold(claim)
        with snapshot(self._house.engine) as session:
            language = language_of_line_user(session, incoming.line_user_id) or SOURCE
        with speaking(language):
            messages = offer_link(self._house.settings.base_url, str(token))
        return replace(answer, messages=messages)

    def _with_file(self, claim: Claim, incoming: Incoming, answer: Answer) -> Answer:
        """Fetch the file an answer wants and look through it; no transaction is open here."""
        if not answer.wants_file or incoming.line_user_id is None:
            return answer
        self._hold(claim, SLOW_LEASE)
        self._show_loading(incoming.line_user_id)
        try:
            data = self._api.content(incoming.message_id)
        except LineError as error:
            if error.permanent:
                with speaking(SOURCE):
                    return lost_file()
            raise
        return take_file(self._house, incoming, data)

    def _show_loading(self, line_user_id: str) -> None:
        """Let LINE show that an answer is being made. Never raises: it is a courtesy."""
        from linebot.v3.messaging import ShowLoadingAnimationRequest

        show = self._api.messaging.show_loading_animation_with_http_info
        body = {"chatId": line_user_id, "loadingSeconds": LOADING_SECONDS}
        request = ShowLoadingAnimationRequest.from_dict(body)
        try:
            self._api.call("loading", show, request)
        except LineError as error:
            logger.info("loading not shown", extra={"problem": error.reason})

    def _follow_up(self, claim: Claim, incoming: Incoming, answer: Answer) -> None:
        menus = dict(answer.menus_of_others)
        if answer.menu and incoming.line_user_id:
            menus = {incoming.line_user_id: answer.menu} | menus
        for line_user_id, menu in menus.items():
            self._hold(claim)
            self._menus.show(line_user_id, menu)
        if answer.leaves_room and incoming.room:
            self._hold(claim)
            self._leave(*incoming.room)

    def _leave(self, kind: str, room_id: str) -> None:
        messaging = self._api.messaging
        leave = {
            "group": messaging.leave_group_with_http_info,
            "room": messaging.leave_room_with_http_info,
        }[kind]
        try:
            self._api.call(f"leave_{kind}", leave, room_id)
        except LineError as error:
            # Two words at once in a group: the first one has us leave it. Or somebody put us out.
            if error.status not in (400, 404):
                raise


def _given_up(claim: Claim, error: Exception) -> Outcome:
    # The class only: an error's text may quote the message or LINE's answer to it.
    problem = error.reason if isinstance(error, ChannelError) else type(error).__name__
    if isinstance(error, LineError) and error.permanent:
        outcome = Outcome(claim, EventState.DEAD, problem)
    else:
        outcome = failed(claim, problem)
    extra = {
        "webhook_event_id": claim.webhook_event_id,
        "error_type": type(error).__name__,
        "problem": problem,
        "attempt": claim.attempts,
        "state": outcome.state.value,
    }
    log = logger.error if outcome.state is EventState.DEAD else logger.warning
    log("event not answered", extra=extra)
    return outcome
