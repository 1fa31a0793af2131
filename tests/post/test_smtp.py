"""One letter over real SMTP: what arrives, and what each mishap means."""

import socket
from dataclasses import replace
from uuid import UUID

import pytest

from core.post.answer import Outcome
from core.post.letters import Letter, message_of
from core.post.smtp import SmtpMailer, SmtpRoute, smtp_route
from core.settings import load_settings
from tests.conftest import MONDAY_MORNING
from tests.ground.test_settings import PRODUCTION
from tests.post.sandbox import letters_in, plan, settings_for
from tests.sandbox.client import SandboxClient

KEY = UUID("0b0e5b9c-9f6c-4c6e-8d1e-000000000001")
LETTER = Letter(
    key=KEY,
    to="yating.lin@example.org",
    subject="請確認您的 e-mail（1234）",
    paragraphs=("請在 5 分鐘內輸入驗證碼 1234。", "<b>不是標籤</b>"),
    foot="請勿直接回覆。",
    sender_name="臺北市到離校通知",
    lang="zh-Hant-TW",
    written_at=MONDAY_MORNING,
)
FROM = "no-reply@gate.example.tw"


def mailer_to(sandbox: SandboxClient) -> SmtpMailer:
    """The mailer as the settings make it."""
    route = smtp_route(settings_for(sandbox))
    assert route is not None
    return SmtpMailer(route, FROM)


def test_letter_arrives_as_text_and_html_of_the_same_words(sandbox: SandboxClient) -> None:
    answer = mailer_to(sandbox).send(LETTER)
    assert answer.outcome is Outcome.ACCEPTED
    (letter,) = letters_in(sandbox)
    headers = dict(letter["headers"])
    assert letter["subject"] == "請確認您的 e-mail（1234）"
    assert headers["Message-ID"] == f"<{KEY}@gate.example.tw>"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert "請在 5 分鐘內輸入驗證碼 1234。" in letter["text"]
    assert "<p>請在 5 分鐘內輸入驗證碼 1234。</p>" in letter["html"]
    assert "&lt;b&gt;不是標籤" in letter["html"]


def test_every_try_of_a_letter_has_the_same_name(sandbox: SandboxClient) -> None:
    for _ in range(2):
        mailer_to(sandbox).send(LETTER)
    names = {dict(one["headers"])["Message-ID"] for one in letters_in(sandbox)}
    assert len(names) == 1


@pytest.mark.parametrize(
    ("mishap", "outcome", "reason"),
    [
        ({"at": "rcpt", "code": 450}, Outcome.LATER, "smtp_450"),
        ({"at": "data", "code": 451}, Outcome.LATER, "smtp_451"),
        ({"at": "rcpt", "code": 550}, Outcome.REFUSED, "smtp_550"),
        ({"at": "data", "code": 552}, Outcome.REFUSED, "smtp_552"),
        ({"at": "mail", "code": 451}, Outcome.LATER, "smtp_451"),
        ({"at": "mail", "code": 550}, Outcome.STOPPED, "smtp_550"),
        ({"at": "connect", "code": 554}, Outcome.STOPPED, "smtp_554"),
        ({"at": "connect", "code": 421}, Outcome.LATER, "smtp_421"),
        ({"at": "connect", "cut": True}, Outcome.LATER, "cut"),
        ({"at": "rcpt", "cut": True}, Outcome.LATER, "cut"),
        ({"at": "data", "cut": True}, Outcome.UNKNOWN, "cut"),
    ],
)
def test_mishap_is_named_and_nothing_arrives(
    sandbox: SandboxClient, mishap: dict[str, object], outcome: Outcome, reason: str
) -> None:
    plan(sandbox, "/mail/plan", **mishap)
    answer = mailer_to(sandbox).send(LETTER)
    assert (answer.outcome, answer.reason) == (outcome, reason)
    assert letters_in(sandbox) == []


def test_cut_after_the_final_dot_is_unknown_though_the_letter_arrived(
    sandbox: SandboxClient,
) -> None:
    plan(sandbox, "/mail/plan", at="data", cut=True, after_accept=True)
    assert mailer_to(sandbox).send(LETTER).outcome is Outcome.UNKNOWN
    assert len(letters_in(sandbox)) == 1


def test_server_that_is_not_there_is_tried_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    route = SmtpRoute("127.0.0.1", port, "", "", is_tls=False, is_upgraded=False)
    assert SmtpMailer(route, FROM).send(LETTER).outcome is Outcome.LATER


def test_server_without_tls_gets_neither_password_nor_letter(sandbox: SandboxClient) -> None:
    route = smtp_route(settings_for(sandbox))
    assert route is not None
    strict = replace(route, user="gate", password="secret", is_upgraded=True)
    answer = SmtpMailer(strict, FROM).send(LETTER)
    assert (answer.outcome, answer.reason) == (Outcome.STOPPED, "not_supported")
    assert letters_in(sandbox) == []


@pytest.mark.parametrize(
    "field",
    [
        {"to": "a@example.org\r\nBcc: all@example.org"},
        {"to": "a@example.org, b@example.org"},
        {"to": ""},
        {"subject": "到校\r\nBcc: all@example.org"},
        {"sender_name": "到校\nBcc: all@example.org"},
    ],
)
def test_nothing_typed_can_add_a_header(sandbox: SandboxClient, field: dict[str, str]) -> None:
    answer = mailer_to(sandbox).send(replace(LETTER, **field))  # type: ignore[arg-type]
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, "not_an_address")
    assert letters_in(sandbox) == []


def test_host_in_chinese_travels_in_ascii() -> None:
    message = message_of(replace(LETTER, to="mei@例子.example"), FROM)
    assert str(message["To"]) == "mei@xn--fsqu00a.example"


def test_tls_is_taken_from_the_address_and_kept_off_loopback_only() -> None:
    def route(url: str) -> SmtpRoute | None:
        return smtp_route(load_settings(_env_file=None, smtp_url=url))

    assert route("smtps://u:p%40@mail.example.tw") == SmtpRoute(
        "mail.example.tw", 465, "u", "p@", is_tls=True, is_upgraded=False
    )
    assert route("smtp://mail.example.tw") == SmtpRoute(
        "mail.example.tw", 587, "", "", is_tls=False, is_upgraded=True
    )
    assert route("smtp://127.0.0.1:2525") == SmtpRoute(
        "127.0.0.1", 2525, "", "", is_tls=False, is_upgraded=False
    )


def test_mail_is_off_in_production_until_a_server_is_named() -> None:
    assert smtp_route(load_settings(_env_file=None, **PRODUCTION)) is None
    development = smtp_route(load_settings(_env_file=None, base_url="http://127.0.0.1:9000"))
    assert development is not None
    assert development.port == 9002
