"""The SMTP listener: takes every letter, or fails as planned."""

import asyncio
import contextlib
import threading
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.mail.plan import MailPlan
from sandbox.mail.store import MailStore
from sandbox.people import Json
from sandbox.settings import Settings

MAX_BYTES = 10 * 1024 * 1024
START_SECONDS = 5.0
_TEXTS = {4: "Requested action aborted: try again later", 5: "Requested action not taken"}


class MailServer:
    """Listens on loopback in a thread of its own; `port` is 0 until it does."""

    def __init__(self, settings: Settings, store: MailStore, plan: MailPlan) -> None:
        self.port = 0
        self._settings = settings
        self._handler = _Handler(store, plan)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_listening = threading.Event()

    @property
    def url(self) -> str:
        """Return the address for SMTP_URL."""
        return f"smtp://{self._settings.host}:{self.port}"

    def start(self) -> None:
        """Listen; returns once the port is known."""
        threading.Thread(target=self._run, name="smtp", daemon=True).start()
        self._is_listening.wait(START_SECONDS)

    def stop(self) -> None:
        """Close the door."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self) -> None:
        loop = self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(self._listen(loop))
        self.port = server.sockets[0].getsockname()[1]
        self._is_listening.set()
        loop.run_forever()
        server.close()
        loop.close()

    async def _listen(self, loop: asyncio.AbstractEventLoop) -> asyncio.Server:
        host, wanted = self._settings.host, self._settings.mail_port
        try:
            return await loop.create_server(self._converse, host, wanted)
        except OSError:
            # The neighbouring port is a habit, not a promise: /mail names the one in use.
            return await loop.create_server(self._converse, host, 0)

    def _converse(self) -> SMTP:
        return _Smtp(
            self._handler,
            hostname="sandbox.example",
            data_size_limit=MAX_BYTES,
            enable_SMTPUTF8=True,
            # On loopback, without TLS: whoever sends a name and password is let in.
            auth_require_tls=False,
            authenticator=_let_in,
        )


def _let_in(*args: object) -> AuthResult:
    return AuthResult(success=isinstance(args[-1], LoginPassword))


class _Smtp(SMTP):
    async def _handle_client(self) -> None:
        planned = self.event_handler.plan.take("connect")
        if planned is None:
            await super()._handle_client()
            return
        if not planned.get("cut"):
            await self.push(_answer(planned))
        _hang_up(self)


class _Handler:
    def __init__(self, store: MailStore, plan: MailPlan) -> None:
        self._store = store
        self.plan = plan

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        planned = self.plan.take("mail")
        if planned is not None:
            return _suffer(server, planned)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        planned = self.plan.take("rcpt", address)
        if planned is not None:
            return _suffer(server, planned)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        planned = self.plan.take("data", str(envelope.rcpt_tos[0]))
        if planned is None or planned.get("after_accept"):
            self._keep(envelope)
        return "250 OK" if planned is None else _suffer(server, planned)

    def _keep(self, envelope: Envelope) -> None:
        raw: Any = envelope.content
        self._store.take(str(envelope.mail_from), [str(to) for to in envelope.rcpt_tos], raw)


def _suffer(server: SMTP, planned: Json) -> str:
    if planned.get("cut"):
        _hang_up(server)
    return _answer(planned)


def _hang_up(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.Transport):
        # What was pushed still goes out; what would come now does not.
        server.transport.close()


def _answer(planned: Json) -> str:
    code = planned.get("code", 421)
    return f"{code} {planned.get('text') or _TEXTS[code // 100]}"
