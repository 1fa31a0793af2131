"""One text message by Mitake's HTTP: what arrives, and what each answer means."""

import socket
from http.server import BaseHTTPRequestHandler
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.post.answer import Outcome
from core.post.mitake import MOST_ASKED, MitakeSender, read_answer, read_states, text_sender
from core.post.texts import ONE_PART, Asked, Fate, Found, Text, TextSender
from core.settings import load_settings
from tests.ground.test_settings import PRODUCTION
from tests.post.sandbox import plan, settings_for, texts_in
from tests.sandbox.client import SandboxClient
from tests.serving import serving
from tests.waiting import wait_for

KEY = UUID("0b0e5b9c-9f6c-4c6e-8d1e-000000000002")
TEXT = Text(KEY, "0900000101", "到離校通知驗證碼1234，5分鐘內有效。堃煊喆🌸")


def sender_to(sandbox: SandboxClient, **more: object) -> TextSender:
    """The firm as the settings make it."""
    sender = text_sender(settings_for(sandbox, **more))
    assert sender is not None
    return sender


def test_message_arrives_in_unicode_under_its_own_name(sandbox: SandboxClient) -> None:
    answer = sender_to(sandbox).send(TEXT)
    assert (answer.outcome, answer.reason) == (Outcome.ACCEPTED, "sms_1")
    (sms,) = texts_in(sandbox)
    assert (sms["to"], sms["text"], sms["points"]) == (TEXT.to, TEXT.body, 1)
    assert (sms["client_id"], sms["msgid"]) == (str(KEY), answer.reference)


def test_message_given_twice_is_sent_and_paid_once(sandbox: SandboxClient) -> None:
    answers = [sender_to(sandbox).send(TEXT) for _ in range(2)]
    assert answers[0].reference == answers[1].reference
    assert len(texts_in(sandbox)) == 1


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("v", Outcome.REFUSED),
        ("u", Outcome.REFUSED),
        ("r", Outcome.LATER),
        ("l", Outcome.LATER),
        ("s", Outcome.STOPPED),
        ("k", Outcome.STOPPED),
        ("*", Outcome.UNKNOWN),
    ],
)
def test_refusal_in_an_answer_of_200_is_never_taken_for_sent(
    sandbox: SandboxClient, code: str, outcome: Outcome
) -> None:
    plan(sandbox, "/sms/plan", answer=code)
    assert sender_to(sandbox).send(TEXT).outcome is outcome
    assert texts_in(sandbox) == []


def test_wrong_password_stops_the_channel(sandbox: SandboxClient) -> None:
    answer = sender_to(sandbox, sms_password="old").send(TEXT)
    assert (answer.outcome, answer.reason) == (Outcome.STOPPED, "sms_e")


@pytest.mark.parametrize("fault", [{"status": 500}, {"reset": True}])
@pytest.mark.parametrize("is_late", [False, True])
def test_broken_conversation_is_unknown_whether_or_not_it_was_sent(
    sandbox: SandboxClient, fault: dict[str, object], is_late: bool
) -> None:
    plan(sandbox, "/faults", endpoint="sms_send", after_accept=is_late, **fault)
    assert sender_to(sandbox).send(TEXT).outcome is Outcome.UNKNOWN
    assert len(texts_in(sandbox)) == int(is_late)


def test_firm_that_is_not_there_is_tried_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    answer = MitakeSender(f"http://127.0.0.1:{port}/", "u", "p").send(TEXT)
    assert (answer.outcome, answer.reason) == (Outcome.LATER, "no_connection")


def test_redirect_is_not_followed_with_the_password() -> None:
    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(307)
            self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    with serving(Elsewhere) as url:
        answer = MitakeSender(url, "u", "p").send(TEXT)
    assert (answer.outcome, answer.reason) == (Outcome.STOPPED, "http_307")


BIG5 = "[1]\r\nstatuscode=e\r\nError=帳號、密碼錯誤\r\n".encode("big5")


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b"[1]\r\nmsgid=42\r\nstatuscode=1\r\nAccountPoint=9\r\n", Outcome.ACCEPTED),
        (200, b"[1]\nmsgid=42\nstatuscode=4\nDuplicate=Y\n", Outcome.ACCEPTED),
        (200, BIG5, Outcome.STOPPED),
        (200, b"<!doctype html><title>502 Bad Gateway</title>", Outcome.UNKNOWN),
        (200, b"<a href='?statuscode=1'>\r\n", Outcome.UNKNOWN),
        (200, b"", Outcome.UNKNOWN),
        (200, b"\xff\xfe\x00statuscode", Outcome.UNKNOWN),
        # Taken, they say, but under no number: nobody could ask after it.
        (200, b"[1]\r\nstatuscode=1\r\n", Outcome.UNKNOWN),
        (503, b"statuscode=1\r\nmsgid=42\r\n", Outcome.UNKNOWN),
        (404, b"", Outcome.STOPPED),
    ],
)
def test_answer_that_can_not_be_read_proves_nothing(
    status: int, body: bytes, outcome: Outcome
) -> None:
    assert read_answer(status, body).outcome is outcome


@given(st.integers(100, 599), st.binary(max_size=300))
def test_no_answer_breaks_the_reading(status: int, body: bytes) -> None:
    assert read_answer(status, body).outcome in Outcome


def test_message_of_two_parts_never_leaves(sandbox: SandboxClient) -> None:
    longest = Text(uuid4(), TEXT.to, "字" * ONE_PART)
    assert sender_to(sandbox).send(longest).outcome is Outcome.ACCEPTED
    for body in ("字" * (ONE_PART + 1), "🌸" * 36):
        answer = sender_to(sandbox).send(Text(uuid4(), TEXT.to, body))
        assert (answer.outcome, answer.reason) == (Outcome.REFUSED, "too_long")
    assert len(texts_in(sandbox)) == 1


@pytest.mark.parametrize("sign", ["\r\n", "\x06", "\u202e", "\x00"])
def test_control_sign_never_leaves(sandbox: SandboxClient, sign: str) -> None:
    answer = sender_to(sandbox).send(Text(uuid4(), TEXT.to, f"小明{sign}dstaddr=0900000102"))
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, "unsound")
    assert texts_in(sandbox) == []


@pytest.mark.parametrize("number", ["", "0212345678", "+886900000101", "0900000101,0900000102"])
def test_only_one_mobile_number_is_written_to(sandbox: SandboxClient, number: str) -> None:
    assert sender_to(sandbox).send(Text(uuid4(), number, "小明")).reason == "unsound"
    assert texts_in(sandbox) == []


def test_firm_tells_what_became_of_messages_by_its_own_ids(sandbox: SandboxClient) -> None:
    fates_to_come = [{"receipts": [{"after_seconds": 0, "flag": "8"}]}, {"receipts": []}]
    assert sandbox.post("/sms/plan", fates_to_come).status_code == 204
    sender = sender_to(sandbox)
    texts = [Text(uuid4(), TEXT.to, "小明"), Text(uuid4(), TEXT.to, "小華")]
    refs = [sender.send(text).reference for text in texts]
    wait_for(lambda: texts_in(sandbox)[0]["state"] == "8", "the receipt")
    asked = [Asked(text.key, ref) for text, ref in zip(texts, refs, strict=True)]
    fates = {key: one.fate for key, one in sender.ask(asked).items()}
    assert fates == {texts[0].key: Fate.FAILED, texts[1].key: Fate.WAITING}


def test_message_whose_answer_was_lost_is_found_by_our_own_id(sandbox: SandboxClient) -> None:
    plan(sandbox, "/faults", endpoint="sms_send", after_accept=True, reset=True)
    sender = sender_to(sandbox)
    assert sender.send(TEXT).outcome is Outcome.UNKNOWN
    found = sender.ask([Asked(KEY)])
    assert found[KEY].reference == texts_in(sandbox)[0]["msgid"]


def test_message_that_never_came_is_not_found_and_asking_sends_nothing(
    sandbox: SandboxClient,
) -> None:
    assert sender_to(sandbox).ask([Asked(KEY), Asked(uuid4(), "9999999999")]) == {}
    assert texts_in(sandbox) == []


@pytest.mark.parametrize("fault", [{"status": 500}, {"reset": True}])
def test_question_that_fails_says_nothing(sandbox: SandboxClient, fault: dict[str, object]) -> None:
    sender = sender_to(sandbox)
    reference = sender.send(TEXT).reference
    plan(sandbox, "/faults", endpoint="sms_query", **fault)
    assert sender.ask([Asked(KEY, reference)]) == {}


def test_many_are_asked_after_in_several_questions(sandbox: SandboxClient) -> None:
    sender = sender_to(sandbox)
    reference = sender.send(TEXT).reference
    nobodys = [Asked(uuid4(), f"{number:010d}") for number in range(9_000, 9_000 + MOST_ASKED)]
    assert set(sender.ask([*nobodys, Asked(KEY, reference)])) == {KEY}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"42\t4\t20261123072105\r\n43\t1\t\r\n", [("42", "arrived"), ("43", "waiting")]),
        (b"42\t7\t20261123072105", [("42", "failed")]),
        (b"AccountPoint=10000\r\n", []),
        (BIG5, []),
        (b"<html>\t4\t20261123072105</html>", []),
    ],
)
def test_only_rows_of_states_are_read(body: bytes, found: list[tuple[str, str]]) -> None:
    assert read_states(200, body) == [Found(ref, Fate(fate)) for ref, fate in found]
    assert read_states(503, body) == []


def test_texts_are_off_in_production_until_a_firm_is_named() -> None:
    assert text_sender(load_settings(_env_file=None, **PRODUCTION)) is None
