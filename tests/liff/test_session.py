"""Signing in and out."""

from datetime import timedelta

import pytest
from flask import Flask
from itsdangerous import TimestampSigner

from core.db import snapshot
from core.house import House
from core.people.sessions import find_session
from tests.conftest import FixedClock
from tests.factories import HUA, MEI
from tests.liff.outside import Outside
from tests.liff.phone import Phone


def test_good_token_opens_a_session(mei: Phone) -> None:
    assert "小明" in mei.text("/liff/home")


def test_token_may_come_as_json_with_the_token_in_a_header(phone: Phone, outside: Outside) -> None:
    id_token = outside.add_person(MEI)
    headers = {"X-CSRFToken": phone.token_at("/liff/")}
    answer = phone.client.post("/liff/session", json={"id_token": id_token}, headers=headers)
    assert answer.status_code == 204
    assert answer.data == b""


def test_both_tokens_may_come_as_json(phone: Phone, outside: Outside) -> None:
    sent = {"id_token": outside.add_person(MEI), "csrf_token": phone.token_at("/liff/")}
    assert phone.client.post("/liff/session", json=sent).status_code == 204


@pytest.mark.parametrize("sent", [{"csrf_token": "forged"}, {"csrf_token": 1}, ["csrf_token"], 1])
def test_json_without_a_good_form_token_is_refused(
    phone: Phone, outside: Outside, sent: object
) -> None:
    phone.token_at("/liff/")
    if isinstance(sent, dict):
        sent = {"id_token": outside.add_person(MEI), **sent}
    answer = phone.client.post("/liff/session", json=sent)
    assert (answer.status_code, answer.get_json()) == (400, {"error": "page_expired"})


@pytest.mark.parametrize("path", ["/liff/session", "/liff/children/new"])
def test_json_deeper_than_anybody_reads_is_refused(phone: Phone, path: str) -> None:
    answer = phone.client.post(path, data="[" * 30_000, content_type="application/json")
    assert answer.status_code == 400


def test_token_with_half_a_sign_in_it_is_refused(phone: Phone) -> None:
    by_secret = {"id_token": "eyJhbGciOiJIUzI1NiJ9.\ud800.x"}
    headers = {"X-CSRFToken": phone.token_at("/liff/")}
    answer = phone.client.post("/liff/session", json=by_secret, headers=headers)
    assert (answer.status_code, answer.get_json()) == (401, {"error": "invalid"})


def test_old_token_is_told_apart_from_a_false_one(
    phone: Phone, outside: Outside, pages: House
) -> None:
    token = outside.add_person(MEI)
    pages.clock.move_to(pages.clock.now() + timedelta(hours=1))
    old = phone.post("/liff/session", {"id_token": token}, form_at="/liff/")
    false = phone.post("/liff/session", {"id_token": "forged"}, form_at="/liff/")
    assert (old.status_code, old.get_json()) == (401, {"error": "expired"})
    assert (false.status_code, false.get_json()) == (401, {"error": "invalid"})


@pytest.mark.parametrize(
    "claims",
    [{"aud": "1650009999"}, {"iss": "https://evil.example"}, {"sub": "nobody"}, {"sub": None}],
)
def test_token_of_another_app_or_issuer_is_invalid(
    phone: Phone, outside: Outside, claims: dict[str, object]
) -> None:
    id_token = outside.add_person(MEI, **claims)  # type: ignore[arg-type]
    answer = phone.post("/liff/session", {"id_token": id_token}, form_at="/liff/")
    assert answer.status_code == 401
    assert phone.get("/liff/home").text.count("data-start") == 1


def test_line_out_of_order_is_not_called_a_bad_token(phone: Phone, outside: Outside) -> None:
    outside.broken |= {"/oauth2/v2.1/verify", "/oauth2/v2.1/certs"}
    fields = {"id_token": outside.add_person(MEI)}
    answer = phone.post("/liff/session", fields, form_at="/liff/")
    assert (answer.status_code, answer.get_json()) == (503, {"error": "unavailable"})


def test_user_id_sent_by_the_page_is_ignored(
    phone: Phone, outside: Outside, family: object
) -> None:
    fields = {"id_token": outside.add_person(HUA), "user_id": MEI, "sub": MEI}
    phone.post("/liff/session", fields, form_at="/liff/")
    assert "小明" not in phone.text("/liff/home")


def test_session_exchange_without_form_token_is_refused(phone: Phone, outside: Outside) -> None:
    answer = phone.client.post("/liff/session", data={"id_token": outside.add_person(MEI)})
    assert (answer.status_code, answer.get_json()) == (400, {"error": "page_expired"})


def test_signing_in_leaves_nothing_of_the_earlier_cookie(phone: Phone, pages: House) -> None:
    phone.sign_in(MEI)
    with phone.client.session_transaction() as cookie:
        old = str(cookie["sid"])
        cookie["planted"] = "by somebody"
    phone.sign_in(HUA)
    with phone.client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie["sid"] != old
    with snapshot(pages.engine) as database:
        assert find_session(database, old, pages.clock.now()) is None


def test_opening_from_a_chat_proves_the_person_anew(mei: Phone) -> None:
    mei.get("/liff/?liff.state=%2Fhome")
    assert "小明" not in mei.text("/liff/home")


def test_signing_out_ends_the_session(mei: Phone) -> None:
    answer = mei.post("/liff/session/end", {}, form_at="/liff/account")
    assert "已登出" in mei.text(answer.location)
    assert "小明" not in mei.text("/liff/home")


def test_idle_session_ends_after_half_an_hour(mei: Phone, pages: House) -> None:
    assert isinstance(pages.clock, FixedClock)
    pages.clock.move_to(pages.clock.now() + timedelta(minutes=31))
    assert "data-start" in mei.get("/liff/home").text


@pytest.mark.parametrize("off", [-3600, -300, -2, 50_000])
def test_machine_whose_clock_is_off_takes_the_cookie_of_another(
    mei: Phone, monkeypatch: pytest.MonkeyPatch, off: int
) -> None:
    true = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: true(self) + off)
    assert "小明" in mei.text("/liff/home")


def test_cookie_holds_no_name_and_no_line_user(app: Flask, mei: Phone) -> None:
    mei.get("/liff/home")
    with mei.client.session_transaction() as cookie:
        assert set(cookie) <= {"sid", "csrf_token", "browser", "language", "_permanent"}
        assert MEI not in str(dict(cookie))
