"""The text message gateway, spoken to as Mitake's."""

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from sandbox.sms.gateway import SmsRefused, mobile_number, points_of
from tests.sandbox.client import SandboxClient
from tests.sandbox.fake_app import FakeApp

SEND, BULK, QUERY = "/sms/api/mtk/SmSend", "/sms/api/mtk/SmBulkSend", "/sms/b2c/mtk/SmQuery"
ACCOUNT = {"username": "sandbox", "password": "sandbox-sms-password"}
MOTHER = "0900000101"
RECEIPTS = "/sms/receipts/sandbox"


def send(sandbox: SandboxClient, **fields: str) -> dict[str, str]:
    """Send one message in UTF-8; return the answer's rows."""
    form = {**ACCOUNT, "dstaddr": MOTHER, "smbody": "小晴 07:41 到校", **fields}
    answer = sandbox.call("POST", f"{SEND}?CharsetURL=UTF-8", data=form)
    assert answer.status_code == 200
    return rows_of(answer.text)


def rows_of(text: str) -> dict[str, str]:
    """Return the rows name=value."""
    return dict(row.split("=", 1) for row in text.splitlines() if "=" in row)


def plan(sandbox: SandboxClient, *rows: dict[str, Any]) -> None:
    """Plan the fates of the next messages."""
    assert sandbox.post("/sms/plan", list(rows)).status_code == 204


def flags(app: FakeApp, count: int) -> list[tuple[str, str]]:
    """Wait for so many receipts; return their message ids and states in the order they came."""
    forms = [parse_qs(call.body.decode()) for call in app.wait_for(RECEIPTS, count)]
    return [(form["msgid"][0], form["StatusFlag"][0]) for form in forms]


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("早" * 70, 1),
        ("早" * 71, 2),
        ("早" * 134, 2),
        ("早" * 135, 3),
        ("a" * 160, 1),
        ("😀" * 36, 2),
    ],
)
def test_length_decides_the_price(text: str, points: int) -> None:
    assert points_of(text) == points


@pytest.mark.parametrize("number", ["0912345678", "+886912345678", "886912345678", " 0912345678 "])
def test_mobile_numbers_are_understood(number: str) -> None:
    assert mobile_number(number) == "0912345678"


@pytest.mark.parametrize("number", ["", "0212345678", "091234567", "09123456789", "09123x5678"])
def test_other_numbers_are_refused(number: str) -> None:
    with pytest.raises(SmsRefused, match="v"):
        mobile_number(number)


def test_message_is_taken_charged_and_seen_on_the_phone(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    rows = send(sandbox, smsPointFlag="1")
    assert (rows["statuscode"], rows["smsPoint"], rows["AccountPoint"]) == ("1", "1", "9999")
    assert flags(app, 1) == [(rows["msgid"], "4")]
    listed = sandbox.get(f"/sms/messages?to={MOTHER}").json()
    assert [(one["msgid"], one["state"]) for one in listed] == [(rows["msgid"], "4")]
    page = sandbox.get("/sms").text
    assert "林雅婷" in page
    assert "小晴 07:41 到校" in page


def test_text_on_the_phone_page_is_shown_as_text(sandbox: SandboxClient, app: FakeApp) -> None:
    send(sandbox, smbody="<script>alert(1)</script>")
    flags(app, 1)
    assert "<script>alert" not in sandbox.get("/sms").text


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"username": ""}, "c"),
        ({"password": ""}, "d"),
        ({"password": "wrong"}, "e"),
        ({"smbody": "  "}, "u"),
        ({"dstaddr": "0212345678"}, "v"),
        ({"dlvtime": "tomorrow"}, "y"),
        ({"response": "http://receipts.example.org/"}, "y"),
    ],
)
def test_refusal_is_a_200_with_a_code_and_charges_nothing(
    sandbox: SandboxClient, fields: dict[str, str], code: str
) -> None:
    rows = send(sandbox, **fields)
    assert rows["statuscode"] == code
    assert "msgid" not in rows
    assert rows["Error"]
    assert sandbox.get("/sms/messages").json() == []


def test_big5_is_what_it_speaks_unless_told_otherwise(sandbox: SandboxClient) -> None:
    form = {**ACCOUNT, "dstaddr": MOTHER, "smbody": "到校"}
    taken = sandbox.call(
        "POST", SEND, data=urlencode(form, encoding="big5"), headers=_form_headers()
    )
    refused = sandbox.call("POST", SEND, data={**form, "dstaddr": "1"})
    assert sandbox.get("/sms/messages").json()[0]["text"] == "到校"
    assert taken.headers["Content-Type"] == "text/plain; charset=big5"
    assert "無效的手機號碼" in refused.content.decode("big5")


def test_line_breaks_come_as_the_sixth_control_code(sandbox: SandboxClient) -> None:
    send(sandbox, smbody="第一行\x06第二行")
    assert sandbox.get("/sms/messages").json()[0]["text"] == "第一行\n第二行"


def test_same_client_id_sends_once_within_twelve_hours(sandbox: SandboxClient) -> None:
    first = send(sandbox, clientid="notice-1")
    again = send(sandbox, clientid="notice-1", smbody="別的內容")
    sandbox.set_clock("2026-11-23T19:19:00+08:00")
    still = send(sandbox, clientid="notice-1")
    sandbox.set_clock("2026-11-23T19:21:00+08:00")
    anew = send(sandbox, clientid="notice-1")
    assert "Duplicate" not in first
    assert (again["msgid"], again["Duplicate"]) == (first["msgid"], "Y")
    assert still["Duplicate"] == "Y"
    assert anew["msgid"] != first["msgid"]
    assert anew["AccountPoint"] == "9998"


def test_bulk_takes_each_row_by_itself(sandbox: SandboxClient) -> None:
    rows = ["a1$$0900000101$$$$$$$$$$早安", "a2$$12$$$$$$$$$$晚安", "a3$$0900000102"]
    query = urlencode({**ACCOUNT, "Encoding_PostIn": "UTF8"})
    answer = sandbox.call("POST", f"{BULK}?{query}", data="\r\n".join(rows).encode())
    blocks = answer.text.split("[")[1:]
    assert [block.split("]")[0] for block in blocks] == ["a1", "a2", "a3"]
    codes = [rows_of(block)["statuscode"] for block in blocks]
    assert codes == ["1", "v", "y"]
    assert answer.text.splitlines()[-1] == "AccountPoint=9999"


def test_bulk_of_501_rows_is_too_large(sandbox: SandboxClient) -> None:
    query = urlencode({**ACCOUNT, "Encoding_PostIn": "UTF8"})
    row = "x$$0900000101$$$$$$$$$$a\r\n"
    answer = sandbox.call("POST", f"{BULK}?{query}", data=row * 501)
    assert rows_of(answer.text)["statuscode"] == "x"


def test_balance_and_states_can_be_asked(sandbox: SandboxClient, app: FakeApp) -> None:
    msgid = send(sandbox)["msgid"]
    flags(app, 1)
    balance = sandbox.call("POST", QUERY, data=ACCOUNT)
    state = sandbox.call("POST", QUERY, data={**ACCOUNT, "msgid": f"{msgid},0000099999"})
    unknown = sandbox.call("POST", QUERY, data={**ACCOUNT, "msgid": "0000099999"})
    assert balance.text == "AccountPoint=9999\r\n"
    assert state.text.split("\t")[:2] == [msgid, "4"]
    assert rows_of(unknown.text)["statuscode"] == "z"


def test_empty_account_sends_nothing(sandbox: SandboxClient) -> None:
    assert sandbox.post("/sms/points", {"points": 1}).status_code == 204
    assert send(sandbox, smbody="早" * 71)["statuscode"] == "s"
    assert send(sandbox)["statuscode"] == "1"
    assert send(sandbox)["statuscode"] == "s"


def test_reserved_message_waits_for_its_time(sandbox: SandboxClient, app: FakeApp) -> None:
    rows = send(sandbox, dlvtime="20261123080000")
    before = sandbox.get("/sms/messages").json()[0]["state"]
    sandbox.set_clock("2026-11-23T08:00:02+08:00")
    assert (rows["statuscode"], before) == ("0", "0")
    assert flags(app, 1) == [(rows["msgid"], "4")]


def test_receipts_come_late_twice_out_of_order_and_for_strangers(
    sandbox: SandboxClient, app: FakeApp
) -> None:
    late = {"receipts": [{"after_seconds": 172_800}]}
    odd = {"receipts": [{"flag": "8", "copies": 2}, {"msgid": "9999999999"}]}
    plan(sandbox, late, odd)
    first, second = send(sandbox)["msgid"], send(sandbox, dstaddr="0900000102")["msgid"]
    early = flags(app, 3)
    sandbox.set_clock("2026-11-25T07:21:00+08:00")
    everything = flags(app, 4)
    assert sorted(early) == sorted([(second, "8"), (second, "8"), ("9999999999", "4")])
    assert everything[3] == (first, "4")
    assert sandbox.get("/sms/plan").json() == []


def test_receipt_is_signed_with_the_callback_secret(sandbox: SandboxClient, app: FakeApp) -> None:
    send(sandbox)
    call = app.wait_for(RECEIPTS)[0]
    secret = b"sandbox-sms-callback-secret"
    wanted = hmac.new(secret, call.body, hashlib.sha256).hexdigest()
    assert call.headers["x-sms-signature"] == wanted


def test_address_of_the_order_is_asked_in_mitakes_way(sandbox: SandboxClient, app: FakeApp) -> None:
    msgid = send(sandbox, response=f"{app.url}/own/receipts?token=t")["msgid"]
    query = dict(parse_qsl(urlsplit(app.wait_for("/own/receipts")[0].path).query))
    assert (query["token"], query["msgid"], query["dstaddr"]) == ("t", msgid, MOTHER)
    assert (query["statusstr"], query["statuscode"], query["StatusFlag"]) == ("DELIVRD", "0", "4")
    assert len(query["dlvtime"]) == len(query["donetime"]) == 14


def test_receipt_that_is_not_taken_comes_again(sandbox: SandboxClient, app: FakeApp) -> None:
    app.receipt_statuses = [500]
    msgid = send(sandbox)["msgid"]
    app.wait_for(RECEIPTS)
    sandbox.set_clock("2026-11-23T07:23:00+08:00")
    assert flags(app, 2) == [(msgid, "4"), (msgid, "4")]


def test_planned_code_refuses_one_message_to_one_number(sandbox: SandboxClient) -> None:
    plan(sandbox, {"to": "0900000102", "answer": "r"})
    assert send(sandbox)["statuscode"] == "1"
    assert send(sandbox, dstaddr="0900000102")["statuscode"] == "r"
    assert send(sandbox, dstaddr="0900000102")["statuscode"] == "1"


def test_html_page_instead_of_an_answer_can_be_planned(sandbox: SandboxClient) -> None:
    sandbox.fault(endpoint="sms_send", status=200, body="<html>維護中</html>")
    form = {**ACCOUNT, "dstaddr": MOTHER, "smbody": "早"}
    assert sandbox.call("POST", SEND, data=form).text == "<html>維護中</html>"
    assert sandbox.get("/sms/messages").json() == []


def test_error_after_the_message_was_taken_is_cured_by_the_client_id(
    sandbox: SandboxClient,
) -> None:
    sandbox.fault(endpoint="sms_send", status=500, after_accept=True)
    form = {**ACCOUNT, "dstaddr": MOTHER, "smbody": "x", "clientid": "n1"}
    assert sandbox.call("POST", SEND, data=form).status_code == 500
    assert send(sandbox, clientid="n1")["Duplicate"] == "Y"
    assert len(sandbox.get("/sms/messages").json()) == 1


@pytest.mark.parametrize(
    "row", [{"answer": "?"}, {"receipts": [{"flag": "A"}]}, {"copies": 2}, {"count": 0}, "x"]
)
def test_plan_that_makes_no_sense_is_refused(sandbox: SandboxClient, row: Any) -> None:
    assert sandbox.post("/sms/plan", [row]).status_code == 400


def _form_headers() -> dict[str, str]:
    return {"Content-Type": "application/x-www-form-urlencoded"}
