"""The simulated text message firm: takes orders, remembers client ids, puts texts on phones."""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from sandbox.clock import Clock
from sandbox.objects.text_length import utf16_units
from sandbox.people import Json, find_by_phone
from sandbox.sms.codes import ACCEPTED, ARRIVED, FINAL, RESERVED, STATES
from sandbox.sms.plan import PlannedReceipt, SmsPlan
from sandbox.world import World

# Source: Mitake: a client id seen again within twelve hours sends nothing.
CLIENT_ID_MEMORY = timedelta(hours=12)
POINTS = 10_000
_MOBILE = re.compile(r"(?:\+?886|0)(9\d{8})")
# Source: 3GPP TS 23.040: units of one message, and of each part of a longer one.
_CHINESE, _LATIN = (70, 67), (160, 153)


class SmsRefused(Exception):
    """A refusal; the text is the gateway's status code."""


@dataclass(slots=True)
class Sms:
    """One text message; `flag` is the gateway's state, "4" once it is on the phone."""

    msgid: str
    to: str
    text: str
    sender: str
    accepted_at: datetime
    due_at: datetime
    client_id: str = ""
    callback: str = ""
    points: int = 1
    flag: str = ACCEPTED
    done_at: datetime | None = None

    def picture(self) -> Json:
        """Return the message as the list shows it."""
        return {
            "msgid": self.msgid,
            "to": self.to,
            "text": self.text,
            "sender": self.sender,
            "client_id": self.client_id,
            "points": self.points,
            "state": self.flag,
            "state_word": STATES[self.flag],
            "accepted_at": self.accepted_at.isoformat(timespec="seconds"),
            "done_at": self.done_at.isoformat(timespec="seconds") if self.done_at else None,
        }


@dataclass(frozen=True, slots=True)
class Order:
    """What a caller asks for; `send_at` is None for at once."""

    to: str
    text: str
    client_id: str = ""
    callback: str = ""
    send_at: datetime | None = None


@dataclass(slots=True)
class Receipt:
    """A delivery receipt on its way, due by the sandbox's clock."""

    due_at: datetime
    msgid: str
    to: str
    flag: str
    callback: str
    sent_at: datetime
    attempts: int = 0


@dataclass(slots=True)
class _Memory:
    messages: dict[str, Sms] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    points: int = POINTS


_KEPT = TypeAdapter(_Memory)


class SmsGateway:
    """Everything the firm knows, behind the world's lock."""

    def __init__(self, clock: Clock, world: World) -> None:
        # The world's own: a reset holds it, and what arrives is noted there.
        self.lock = world.lock
        self.plan = SmsPlan()
        self._clock = clock
        self._world = world
        self._ids = itertools.count(1)
        self._on_receipt: Callable[[], None] = lambda: None
        self.reset()

    def reset(self) -> None:
        """Forget all messages; the balance is full again."""
        with self.lock:
            self._memory = _Memory()
            self.plan.replace([])

    def on_receipt(self, listener: Callable[[], None]) -> None:
        """Call the listener whenever a receipt was put in line."""
        self._on_receipt = listener

    @property
    def points(self) -> int:
        """Return the balance."""
        return self._memory.points

    def set_points(self, points: int) -> None:
        """Set the balance."""
        with self.lock:
            self._memory.points = points

    def messages(self) -> list[Sms]:
        """Return all messages, oldest first."""
        with self.lock:
            return list(self._memory.messages.values())

    def find(self, msgid: str) -> Sms | None:
        """Return the message of this id."""
        return self._memory.messages.get(msgid)

    def ids_of(self, client_id: str) -> list[str]:
        """Return the ids of the messages ordered under a client id."""
        with self.lock:
            kept = self._memory.messages.values()
            return [one.msgid for one in kept if one.client_id == client_id]

    def send(self, order: Order) -> tuple[Sms, bool]:
        """Take an order; return the message and whether it was there already.

        Raises SmsRefused with the gateway's code; nothing is charged then.
        """
        number = mobile_number(order.to)
        if not order.text.strip():
            raise SmsRefused("u")
        with self.lock:
            known = self._same_client_id(order.client_id)
            if known is not None:
                return known, True
            planned = self.plan.take(number)
            if planned.answer:
                raise SmsRefused(planned.answer)
            return self._accept(number, order, planned.receipts), False

    def hand_over(self, number: str, text: str, sender: str) -> None:
        """Put a text of the sandbox's own services straight on the phone, free of charge."""
        with self.lock:
            now = self._clock.now()
            msgid = self._next_id()
            sms = Sms(msgid, mobile_number(number), text, sender, now, now, points=0)
            self._memory.messages[msgid] = sms
            self._arrive(sms, now)

    def take_due(self) -> list[Receipt]:
        """Return the receipts due by now, after letting their messages end so."""
        with self.lock:
            now = self._clock.now()
            due = sorted(
                (one for one in self._memory.receipts if one.due_at <= now),
                key=lambda receipt: receipt.due_at,
            )
            self._memory.receipts = [one for one in self._memory.receipts if one.due_at > now]
            for receipt in due:
                self._settle(receipt)
            return due

    def put_back(self, receipt: Receipt, due_at: datetime) -> None:
        """Try a receipt again later."""
        with self.lock:
            receipt.due_at = due_at
            self._memory.receipts.append(receipt)
        self._on_receipt()

    def next_due(self) -> datetime | None:
        """Return when the next receipt is due."""
        with self.lock:
            return min((receipt.due_at for receipt in self._memory.receipts), default=None)

    def dump(self) -> Any:
        """Return messages, receipts on their way and the balance, for the state file."""
        return _KEPT.dump_python(self._memory, mode="json")

    def load(self, data: Any) -> None:
        """Take over what dump returned."""
        self._memory = _KEPT.validate_python(data)
        self._ids = itertools.count(len(self._memory.messages) + 1)

    def _same_client_id(self, client_id: str) -> Sms | None:
        since = self._clock.now() - CLIENT_ID_MEMORY
        same = (one for one in self._memory.messages.values() if one.client_id == client_id)
        return next((one for one in same if client_id and one.accepted_at > since), None)

    def _accept(self, number: str, order: Order, receipts: tuple[PlannedReceipt, ...]) -> Sms:
        points = points_of(order.text)
        if points > self._memory.points:
            raise SmsRefused("s")
        self._memory.points -= points
        now = self._clock.now()
        due_at = max(order.send_at or now, now)
        sms = Sms(
            msgid=self._next_id(),
            to=number,
            text=order.text,
            sender="簡訊平台",
            accepted_at=now,
            due_at=due_at,
            client_id=order.client_id,
            callback=order.callback,
            points=points,
            flag=RESERVED if due_at > now else ACCEPTED,
        )
        self._memory.messages[sms.msgid] = sms
        for planned in receipts:
            self._plan_receipt(sms, planned)
        self._on_receipt()
        return sms

    def _plan_receipt(self, sms: Sms, planned: PlannedReceipt) -> None:
        due_at = sms.due_at + timedelta(seconds=planned.after_seconds)
        msgid = planned.msgid or sms.msgid
        for _ in range(planned.copies):
            row = Receipt(due_at, msgid, sms.to, planned.flag, sms.callback, sms.due_at)
            self._memory.receipts.append(row)

    def _settle(self, receipt: Receipt) -> None:
        sms = self._memory.messages.get(receipt.msgid)
        if sms is None or sms.flag in FINAL:
            return
        if receipt.flag == ARRIVED:
            self._arrive(sms, receipt.due_at)
        else:
            sms.flag = receipt.flag
            sms.done_at = receipt.due_at if receipt.flag in FINAL else None

    def _arrive(self, sms: Sms, at: datetime) -> None:
        sms.flag, sms.done_at = ARRIVED, at
        person = find_by_phone(self._world.people, sms.to)
        who = person.name if person else sms.to
        self._world.note(who, f"簡訊：{sms.text}", "ring", f"{sms.points} 點", "sms")

    def _next_id(self) -> str:
        return f"{next(self._ids):010d}"


def mobile_number(text: str) -> str:
    """Return a Taiwanese mobile number as 09… Raises SmsRefused."""
    found = _MOBILE.fullmatch(text.strip())
    if found is None:
        raise SmsRefused("v")
    return f"0{found[1]}"


def points_of(text: str) -> int:
    """Return how many parts are charged."""
    units = utf16_units(text)
    one, part = _LATIN if text.isascii() else _CHINESE
    return 1 if units <= one else -(-units // part)
