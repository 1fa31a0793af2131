"""The mailbox over real SMTP, and its web view."""

import smtplib
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.sandbox.client import SandboxClient

MOTHER = "yating.lin@example.org"
EVIL = '<p style="color:red">到校</p><script>document.title="x"</script><img src="//evil.example/">'


def post_mail(sandbox: SandboxClient, to: str = MOTHER, subject: str = "小晴 07:41 到校") -> None:
    """Send a letter with text and HTML as a mail program does."""
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "通知 <gate@example.org>", to, subject
    letter["Message-ID"] = "<n1@gate.example.org>"
    letter.set_content("小晴 07:41 到校\n")
    letter.add_alternative(EVIL, subtype="html")
    with smtp(sandbox) as door:
        door.send_message(letter)


def smtp(sandbox: SandboxClient) -> smtplib.SMTP:
    """Connect."""
    address = urlsplit(sandbox.get("/mail/address").json()["smtp"])
    return smtplib.SMTP(address.hostname or "", address.port or 0, timeout=60)


def plan(sandbox: SandboxClient, **row: Any) -> None:
    """Plan one failure."""
    assert sandbox.post("/mail/plan", [row]).status_code == 204


def letters(sandbox: SandboxClient, to: str = "") -> list[dict[str, Any]]:
    """Return what arrived."""
    found: list[dict[str, Any]] = sandbox.get("/mail/messages", params={"to": to}).json()
    return found


def test_letter_arrives_with_envelope_headers_and_both_bodies(sandbox: SandboxClient) -> None:
    post_mail(sandbox)
    letter = letters(sandbox)[0]
    assert (letter["envelope_from"], letter["envelope_to"]) == ("gate@example.org", [MOTHER])
    assert letter["subject"] == "小晴 07:41 到校"
    assert ["Message-ID", "<n1@gate.example.org>"] in letter["headers"]
    assert letter["text"] == "小晴 07:41 到校\n"
    assert "<script>" in letter["html"]


def test_mailbox_is_seen_by_person(sandbox: SandboxClient) -> None:
    post_mail(sandbox)
    post_mail(sandbox, to="chihyuan.lin@example.org", subject="給爸爸")
    everybody = sandbox.get("/mail").text
    mothers = sandbox.get(f"/mail?to={MOTHER.upper()}").text
    assert "給爸爸" in everybody
    assert "林雅婷" in everybody
    assert "給爸爸" not in mothers
    assert len(letters(sandbox, MOTHER)) == 1


def test_html_is_shown_where_it_can_do_nothing(sandbox: SandboxClient) -> None:
    post_mail(sandbox, subject="<b>粗</b>")
    number = letters(sandbox)[0]["id"]
    page = sandbox.get(f"/mail/{number}")
    html = sandbox.get(f"/mail/{number}/html")
    assert "<b>粗</b>" not in page.text
    assert "<script>document" not in page.text
    assert f'<iframe class="paper" sandbox src="/mail/{number}/html"' in page.text
    policy = html.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script" not in policy


def test_raw_letter_is_what_was_sent(sandbox: SandboxClient) -> None:
    with smtp(sandbox) as door:
        door.sendmail("a@example.org", [MOTHER], b"Subject: x\r\n\r\n.dot\r\n")
    number = letters(sandbox)[0]["id"]
    assert sandbox.get(f"/mail/{number}/raw").content == b"Subject: x\r\n\r\n.dot\r\n"
    assert sandbox.get(f"/mail/{number + 1}").status_code == 404


@pytest.mark.parametrize(
    ("stage", "code", "error"),
    [
        ("mail", 451, smtplib.SMTPSenderRefused),
        ("rcpt", 550, smtplib.SMTPRecipientsRefused),
        ("rcpt", 450, smtplib.SMTPRecipientsRefused),
        ("data", 552, smtplib.SMTPDataError),
        ("data", 421, smtplib.SMTPDataError),
    ],
)
def test_planned_answer_comes_once_and_keeps_nothing(
    sandbox: SandboxClient, stage: str, code: int, error: type[Exception]
) -> None:
    plan(sandbox, at=stage, code=code, text="planned")
    with pytest.raises(error, match=str(code)):
        post_mail(sandbox)
    assert letters(sandbox) == []
    post_mail(sandbox)
    assert len(letters(sandbox)) == 1


def test_greeting_can_be_a_refusal(sandbox: SandboxClient) -> None:
    plan(sandbox, at="connect", code=554)
    with pytest.raises(smtplib.SMTPConnectError):
        smtp(sandbox)


@pytest.mark.parametrize("stage", ["connect", "mail", "rcpt", "data"])
def test_connection_can_be_cut_at_every_stage(sandbox: SandboxClient, stage: str) -> None:
    plan(sandbox, at=stage, cut=True)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        post_mail(sandbox)
    assert letters(sandbox) == []


def test_cut_after_the_letter_was_kept_leaves_the_sender_in_doubt(sandbox: SandboxClient) -> None:
    plan(sandbox, at="data", cut=True, after_accept=True)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        post_mail(sandbox)
    assert len(letters(sandbox)) == 1


def test_refusal_may_concern_one_address_only(sandbox: SandboxClient) -> None:
    plan(sandbox, at="rcpt", code=550, to="nobody@example.org")
    with smtp(sandbox) as door:
        refused = door.sendmail(
            "gate@example.org", [MOTHER, "nobody@example.org"], "Subject: x\n\nx"
        )
    assert list(refused) == ["nobody@example.org"]
    assert letters(sandbox)[0]["envelope_to"] == [MOTHER]


def test_name_and_password_are_taken_without_tls(sandbox: SandboxClient) -> None:
    with smtp(sandbox) as door:
        assert door.login("user", "pass")[0] == 235


@pytest.mark.parametrize(
    "row", [{"at": "later", "code": 451}, {"at": "data"}, {"at": "data", "code": 250}, {"x": 1}]
)
def test_plan_that_makes_no_sense_is_refused(sandbox: SandboxClient, row: Any) -> None:
    assert sandbox.post("/mail/plan", [row]).status_code == 400
