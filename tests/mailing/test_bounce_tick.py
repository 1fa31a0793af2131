"""The mailbox letters come back to, read over real IMAP."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from core.db import transaction
from core.duty.bounce_tick import run_bounce_tick
from core.errors import ConfigError
from core.house import House
from core.settings import AppEnv, load_settings
from tests.mailing.conftest import HOME, Family, arrive, ends
from tests.mailing.reports import GOOGLE, HOLIDAY, POSTFIX, report
from tests.post.imap_server import Mailbox, mailbox
from tests.post.sandbox import letters_in
from tests.sandbox.client import SandboxClient

Send = Callable[[], int]


@pytest.fixture
def box() -> Iterator[Mailbox]:
    """An empty mailbox."""
    with mailbox() as server:
        yield server


@pytest.fixture
def town(town: House, box: Mailbox) -> House:
    """The town, its letters coming back to the mailbox."""
    given = {"bounce_address": "bounces@gate.example.tw", "bounce_mailbox_url": SecretStr(box.url)}
    return replace(town, settings=town.settings.model_copy(update=given))


@pytest.fixture
def path(town: House, family: Family, send: Send, sandbox: SandboxClient) -> str:
    """Where a letter to Mei comes back to."""
    arrive(town, family)
    send()
    return str(letters_in(sandbox)[-1]["envelope_from"])


def test_mailbox_is_read_and_emptied(town: House, path: str, box: Mailbox) -> None:
    long = report(HOLIDAY, path, HOME) + b"x" * 600_000
    wide = report(HOLIDAY, path, HOME) + b"y" * 5_000 + b"\r\n"
    box.put(long, wide, b"", b"\xff\x00 nothing", report(GOOGLE, path, HOME))
    run_bounce_tick(town)
    assert box.left == []
    assert ends(town) == [("arrival", "refused", "bounced")]


def test_mail_stays_until_it_is_written_down(town: House, path: str, box: Mailbox) -> None:
    box.put(report(POSTFIX, path, HOME))
    with transaction(town.engine) as session:
        session.execute(text("ALTER TABLE notice RENAME TO away"))
    with pytest.raises(Exception, match="notice"):
        run_bounce_tick(town)
    with transaction(town.engine) as session:
        session.execute(text("ALTER TABLE away RENAME TO notice"))
    assert len(box.left) == 1
    run_bounce_tick(town)
    assert ends(town) == [("arrival", "refused", "bounced")]
    assert box.left == []


def test_wrong_password_or_no_server_is_a_warning(
    town: House, box: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    for url in (box.url.replace("mailbox-password", "wrong"), "imap://x:y@127.0.0.1:1"):
        given = {"bounce_mailbox_url": SecretStr(url)}
        run_bounce_tick(replace(town, settings=town.settings.model_copy(update=given)))
    assert [one.message for one in caplog.records] == ["no mailbox", "no mailbox"]
    assert "wrong" not in caplog.text


def test_nobody_reads_where_no_mailbox_is_set(town: House, box: Mailbox) -> None:
    given = {"bounce_mailbox_url": SecretStr("")}
    run_bounce_tick(replace(town, settings=town.settings.model_copy(update=given)))
    assert box.seen == []


@pytest.mark.parametrize(
    ("address", "url", "named"),
    [
        ("bounces@gate.example.tw", "", "BOUNCE_ADDRESS"),
        ("", "imaps://u:p@mail.example.tw", "BOUNCE_ADDRESS"),
        ("a+b@gate.example.tw", "imaps://u:p@mail.example.tw", "BOUNCE_ADDRESS"),
        ("b" * 21 + "@gate.example.tw", "imaps://u:p@mail.example.tw", "BOUNCE_ADDRESS"),
        ("bounces@gate.example.tw", "pop3://mail.example.tw", "BOUNCE_MAILBOX_URL"),
        ("bounces@gate.example.tw", "imaps://mail.example.tw:x", "BOUNCE_MAILBOX_URL"),
        ("bounces@gate.example.tw", "imap://u:p@mail.example.tw", "BOUNCE_MAILBOX_URL"),
    ],
)
def test_half_set_up_mailboxes_are_refused(address: str, url: str, named: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(
            _env_file=None,
            app_env=AppEnv.DEVELOPMENT,
            bounce_address=address,
            bounce_mailbox_url=url,
        )
    assert {fault.name for fault in refused.value.faults} == {named}
