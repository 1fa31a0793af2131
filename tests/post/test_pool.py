"""Many letters in one conversation, and what happens when it breaks off in between."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.programs import free_pair
from core.post.answer import About, Outcome
from core.post.letters import message_of
from core.post.pool import MOST_LETTERS, REST_SECONDS, PooledMailer
from core.post.smtp import SmtpRoute
from tests.post.test_smtp import FROM, LETTER


class Server:
    """A real mail server that counts conversations and refuses as told."""

    def __init__(self) -> None:
        self.greetings = 0
        self.letters: list[bytes] = []
        self.refuses = ""
        self.transports: list[asyncio.BaseTransport] = []

    async def handle_EHLO(
        self, server: SMTP, session: Session, _envelope: Envelope, name: str, said: list[str]
    ) -> list[str]:
        self.greetings += 1
        assert server.transport is not None
        self.transports.append(server.transport)
        session.host_name = name
        return said

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.letters.append(bytes(envelope.content or b""))
        return "250 OK"


@dataclass
class Post:
    """The server, a mailer to it, and the mailer's clock."""

    server: Server
    mailer: PooledMailer
    clock: list[float]
    loop: asyncio.AbstractEventLoop

    def hang_up(self) -> None:
        """Let the server end the conversation without a word."""

        async def close() -> None:
            self.server.transports[-1].close()
            # The socket is closed in the loop's next round.
            await asyncio.sleep(0)
            await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(close(), self.loop).result()


@pytest.fixture
def post() -> Iterator[Post]:
    """Nothing was sent yet."""
    server, clock = Server(), [0.0]
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    route = SmtpRoute("127.0.0.1", controller.port, "", "", is_tls=False, is_upgraded=False)
    mailer = PooledMailer(route, FROM, lambda: clock[0])
    yield Post(server, mailer, clock, controller.loop)
    mailer.close()
    controller.stop()


def free_port() -> int:
    """A port nobody listens on, nor calls from meanwhile."""
    return free_pair()


def letters(count: int) -> list[UUID]:
    return [UUID(int=number + 1) for number in range(count)]


def test_letters_share_a_conversation(post: Post) -> None:
    for key in letters(5):
        assert post.mailer.send(replace(LETTER, key=key)).outcome is Outcome.ACCEPTED
    assert (post.server.greetings, len(post.server.letters)) == (1, 5)


def test_refused_mailbox_does_not_spoil_the_next_letter(post: Post) -> None:
    post.server.refuses = "550 5.1.1 no such user"
    answer = post.mailer.send(LETTER)
    assert (answer.outcome, answer.about) == (Outcome.REFUSED, About.ADDRESS)
    post.server.refuses = ""
    assert post.mailer.send(LETTER).outcome is Outcome.ACCEPTED
    assert post.server.greetings == 1


def test_server_that_hung_up_meanwhile_is_greeted_anew(post: Post) -> None:
    post.mailer.send(LETTER)
    post.hang_up()
    assert post.mailer.send(LETTER).outcome is Outcome.ACCEPTED
    assert (post.server.greetings, len(post.server.letters)) == (2, 2)


def test_conversation_that_rested_is_ended(post: Post) -> None:
    post.mailer.send(LETTER)
    post.clock[0] += REST_SECONDS + 1
    post.mailer.rest()
    post.mailer.send(LETTER)
    assert post.server.greetings == 2


def test_conversation_takes_so_many_letters_and_no_more(post: Post) -> None:
    for key in letters(MOST_LETTERS + 1):
        post.mailer.send(replace(LETTER, key=key))
    assert post.server.greetings == 2


def test_letter_that_was_subscribed_to_names_where_it_is_ended() -> None:
    link = "https://gate.example.tw/liff/letters/a.b"
    message = message_of(replace(LETTER, unsubscribe=link, foot=f"退訂：\n{link}"), FROM)
    assert message["List-Unsubscribe"] == f"<{link}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    body = message.get_body(("html",))
    assert body is not None
    assert f'<a href="{link}"' in body.get_content()


@pytest.mark.parametrize(
    "link", ["https://a/\r\nBcc: b@c.d", "https://a/> <https://b", "https://a/中"]
)
def test_nothing_in_a_link_can_add_a_header(link: str) -> None:
    with pytest.raises(ValueError, match=r"header|page"):
        message_of(replace(LETTER, unsubscribe=link), FROM)
