"""The simulated gateway: gives tokens to apps, remembers client ids, shows pushes on the phones."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from sandbox.app_push.plan import AppPlan
from sandbox.clock import Clock
from sandbox.people import Json
from sandbox.taipei_pass.directory import Directory
from sandbox.world import World

# The protocol's: a client id seen again within this time sends nothing.
CLIENT_ID_MEMORY = timedelta(hours=24)


class PushRefused(Exception):
    """A refusal; the text is the gateway's word."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a caller asks for."""

    client_id: str
    token: str
    title: str
    text: str
    link: str


@dataclass(slots=True)
class Shown:
    """A push as its phone shows it."""

    id: str
    client_id: str
    account: str
    who: str
    title: str
    text: str
    link: str
    at: datetime

    def picture(self) -> Json:
        """Return the push as the list shows it."""
        return {
            "id": self.id,
            "client_id": self.client_id,
            "account": self.account,
            "who": self.who,
            "title": self.title,
            "text": self.text,
            "link": self.link,
            "at": self.at.isoformat(timespec="seconds"),
        }


@dataclass(slots=True)
class _Memory:
    tokens: dict[str, str] = field(default_factory=dict)
    signed_out: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    pushes: list[Shown] = field(default_factory=list)


_KEPT = TypeAdapter(_Memory)


class AppGateway:
    """Everything the gateway knows, behind the world's lock; accounts go by the bureau's ids."""

    def __init__(self, clock: Clock, world: World, accounts: Directory) -> None:
        self.lock = world.lock
        self.plan = AppPlan()
        self._clock = clock
        self._world = world
        self._accounts = accounts
        self.reset()

    def reset(self) -> None:
        """Forget all; everybody is signed in to the app again."""
        with self.lock:
            self._memory = _Memory()
            self.plan.replace([])

    def sign_in(self, account: str, *, is_in: bool) -> None:
        """Sign an account in to the app, or out: its tokens are gone then. Raises KeyError."""
        with self.lock:
            self._name(account)
            if is_in:
                self._memory.signed_out.discard(account)
                return
            self._memory.signed_out.add(account)
            self._memory.gone |= {
                token for token, of in self._memory.tokens.items() if of == account
            }

    def connect(self, account: str) -> str | None:
        """Return a token of the app that account is signed in to, None where there is none."""
        with self.lock:
            try:
                self._name(account)
            except KeyError:
                return None
            if account in self._memory.signed_out:
                return None
            token = secrets.token_urlsafe(24)
            self._memory.tokens[token] = account
            return token

    def send(self, message: Message) -> tuple[Shown, bool]:
        """Show a push; return it and whether it was there already. Raises PushRefused."""
        with self.lock:
            known = self.find(message.client_id)
            if known is not None:
                if (known.title, known.text) != (message.title, message.text):
                    raise PushRefused("conflict")
                return known, True
            account = self._memory.tokens.get(message.token)
            if account is None:
                raise PushRefused("unknown_token")
            refusal = self.plan.take(account)
            if message.token in self._memory.gone or refusal:
                raise PushRefused(refusal or "gone_token")
            return self._show(account, message), False

    def find(self, client_id: str) -> Shown | None:
        """Return the push of a client id, as long as it is remembered."""
        since = self._clock.now() - CLIENT_ID_MEMORY
        with self.lock:
            same = (one for one in self._memory.pushes if one.client_id == client_id)
            return next((one for one in same if one.at > since), None)

    def pushes(self) -> list[Shown]:
        """Return all pushes, oldest first."""
        with self.lock:
            return list(self._memory.pushes)

    def dump(self) -> Any:
        """Return tokens and pushes, for the state file."""
        return _KEPT.dump_python(self._memory, mode="json")

    def load(self, data: Any) -> None:
        """Take over what dump returned."""
        self._memory = _KEPT.validate_python(data)

    def _show(self, account: str, message: Message) -> Shown:
        who = self._name(account)
        push = Shown(
            id=f"{len(self._memory.pushes) + 1:08d}",
            client_id=message.client_id,
            account=account,
            who=who,
            title=message.title,
            text=message.text,
            link=message.link,
            at=self._clock.now(),
        )
        self._memory.pushes.append(push)
        self._world.note(who, f"酷課 APP：{push.text}", "ring", "已收下", "app")
        return push

    def _name(self, account: str) -> str:
        members = self._accounts.members.values()
        found = next((one.real_name for one in members if one.member_id == account), None)
        if found is None:
            raise KeyError(account)
        return found
