"""What the firm tells of texts: signed, in any order, twice, late, or of a text nobody knows."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

import app as composition
from core.db import snapshot, transaction
from core.house import House
from core.orders.tables import SmsText
from core.post.texts import Fate, Found
from core.receipts.kept import KEPT_FOR, Receipt, match_kept, name_text, take_receipt
from core.receipts.polling import run_receipt_tick
from core.receipts.signing import receipts_address
from core.receipts.tables import SmsReceipt
from core.texting.sender import TextMessenger
from tests.mailing.conftest import Family
from tests.post.sandbox import plan, settings_for, texts_in
from tests.sandbox.client import SandboxClient
from tests.texting.conftest import counted, ends, later, miss, pass_gate, subscribe
from tests.waiting import wait_for

Send = Callable[[], int]
SECRET = b"sandbox-sms-callback-secret"
SANDBOX = "/sms/receipts/sandbox"


@pytest.fixture
def firm(town: House) -> FlaskClient:
    """Whoever knows the address of receipts."""
    return composition.assemble(town).test_client()


@pytest.fixture
def silent(sandbox: SandboxClient) -> None:
    """A firm that tells nothing by itself."""
    plan(sandbox, "/sms/plan", receipts=[], count=9)


def signed(firm: FlaskClient, reference: str, flag: str, secret: bytes = SECRET) -> int:
    """Tell of a text as the sandbox does; return the answer's status."""
    body = urlencode({"msgid": reference, "dstaddr": "0900000101", "StatusFlag": flag}).encode()
    headers = {
        "X-Sms-Signature": hmac.new(secret, body, hashlib.sha256).hexdigest(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return firm.post(SANDBOX, data=body, headers=headers).status_code


def reference_of(house: House) -> str:
    """The firm's id of the only text."""
    with snapshot(house.engine) as session:
        return session.exec(select(SmsText.provider_id)).one() or ""


def receipts(house: House) -> list[tuple[str, str, bool]]:
    """Id, fate and whether a text was found for it."""
    with snapshot(house.engine) as session:
        rows = session.exec(select(SmsReceipt)).all()
        return [(row.provider_id, row.fate, row.matched_at is not None) for row in rows]


@pytest.mark.usefixtures("silent")
def test_receipt_moves_its_text(town: House, family: Family, send: Send, firm: FlaskClient) -> None:
    miss(town, family)
    send()
    assert signed(firm, reference_of(town), "4") == 200
    assert counted(town) == [("no_show", "no_show", "delivered")]


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize(
    "told",
    sorted({one for size in (1, 2, 3, 4) for one in permutations("1448", size)}),
)
def test_receipts_in_any_order_and_number_end_the_same(
    town: House, family: Family, send: Send, told: tuple[str, ...]
) -> None:
    subscribe(town, family)
    pass_gate(town, family)
    send()
    reference = reference_of(town)
    fates = {"1": Fate.WAITING, "4": Fate.ARRIVED, "8": Fate.FAILED}
    for flag in told:
        with transaction(town.engine) as session:
            receipt = Receipt("sandbox", Found(reference, fates[flag]))
            take_receipt(session, receipt, town.clock.now())
    end = "failed" if "8" in told else "delivered" if "4" in told else "sent"
    assert counted(town) == [("arrival", "paid", end)]


@pytest.mark.usefixtures("silent")
def test_receipt_that_came_before_the_answer_counts_once_the_text_has_its_name(
    town: House, family: Family, send: Send, firm: FlaskClient
) -> None:
    miss(town, family)
    assert signed(firm, "0000000001", "4") == 200
    assert receipts(town) == [("0000000001", "arrived", False)]
    send()
    with transaction(town.engine) as session:
        text = session.exec(select(SmsText)).one()
        text.provider_id = None
        session.flush()
        name_text(session, text.id, "sandbox", "0000000001", town.clock.now())
    assert counted(town) == [("no_show", "no_show", "delivered")]
    assert receipts(town) == [("0000000001", "arrived", True)]


@pytest.mark.usefixtures("silent")
def test_receipt_that_crossed_with_the_answer_is_matched_by_the_tick(
    town: House, family: Family, send: Send
) -> None:
    miss(town, family)
    send()
    with transaction(town.engine) as session:
        session.add(
            SmsReceipt(
                provider="sandbox",
                provider_id=reference_of(town),
                fate=Fate.FAILED,
                received_at=town.clock.now(),
            )
        )
    with transaction(town.engine) as session:
        assert match_kept(session, town.clock.now()) == 1
    with transaction(town.engine) as session:
        assert match_kept(session, town.clock.now()) == 0
    assert counted(town) == [("no_show", "no_show", "failed")]


def test_receipt_of_nobodys_text_is_kept_for_a_month_and_changes_nothing(
    town: House, family: Family, firm: FlaskClient
) -> None:
    assert [signed(firm, "9999999999", "4") for _ in range(2)] == [200, 200]
    assert receipts(town) == [("9999999999", "arrived", False)]
    later(town, seconds=KEPT_FOR.total_seconds() + 1)
    run_receipt_tick(town)
    assert receipts(town) == []


@pytest.mark.usefixtures("silent")
def test_receipt_two_days_late_counts(
    town: House, family: Family, send: Send, firm: FlaskClient
) -> None:
    subscribe(town, family)
    pass_gate(town, family)
    send()
    later(town, hours=48)
    assert signed(firm, reference_of(town), "4") == 200
    assert counted(town) == [("arrival", "paid", "delivered")]


@pytest.mark.parametrize("secret", [b"", b"wrong", SECRET + b" "])
def test_receipt_that_is_not_signed_changes_nothing(
    town: House, firm: FlaskClient, secret: bytes
) -> None:
    assert signed(firm, "0000000001", "4", secret) == 401
    assert firm.post(SANDBOX, data={"msgid": "0000000001", "StatusFlag": "4"}).status_code == 401
    assert receipts(town) == []


def test_every_changed_byte_of_a_receipt_is_refused(town: House, firm: FlaskClient) -> None:
    body = b"msgid=0000000001&StatusFlag=4"
    mark = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        answer = firm.post(SANDBOX, data=changed, headers={"X-Sms-Signature": mark})
        assert answer.status_code == 401
    assert receipts(town) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"msgid=&StatusFlag=4",
        b"msgid=1",
        b"msgid=1&StatusFlag=44",
        b"msgid=a%0ab&StatusFlag=4",
    ],
)
def test_signed_nonsense_is_refused(town: House, firm: FlaskClient, body: bytes) -> None:
    mark = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    headers = {"X-Sms-Signature": mark, "Content-Type": "application/x-www-form-urlencoded"}
    assert firm.post(SANDBOX, data=body, headers=headers).status_code == 400
    assert receipts(town) == []


def test_firm_we_do_not_use_is_not_there(firm: FlaskClient) -> None:
    assert firm.post("/sms/receipts/mitake", data=b"x").status_code == 404
    assert firm.get("/sms/receipts/nobody").status_code == 404


@pytest.fixture
def mitake(town: House, sandbox: SandboxClient) -> House:
    """The house whose firm signs nothing and asks the address that goes with each text."""
    return replace(town, settings=settings_for(sandbox, liff_id="liff-1", sms_provider="mitake"))


def test_address_of_one_text_is_good_for_it_alone(mitake: House) -> None:
    firm = composition.assemble(mitake).test_client()
    parts = urlsplit(receipts_address(mitake.settings, "mitake", uuid4()))
    told = {"msgid": "0000000001", "StatusFlag": "4"}
    good = f"{parts.path}?{parts.query}&{urlencode(told)}"
    answer = firm.get(good)
    said = answer.get_data(as_text=True)
    assert (answer.status_code, said) == (200, "magicid=sms_gateway_rpack\nmsgid=0000000001\n")
    other = parts.query.replace("text=", f"text={uuid4()}&x=", 1)
    assert firm.get(f"{parts.path}?{other}&{urlencode(told)}").status_code == 401


def test_receipt_names_a_text_whose_answer_was_lost(
    mitake: House, family: Family, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/faults", endpoint="sms_send", after_accept=True, reset=True)
    miss(mitake, family)
    TextMessenger(mitake).drain()
    assert ends(mitake) == [("no_show", "unknown", "cut")]
    with snapshot(mitake.engine) as session:
        key = session.exec(select(SmsText.client_id)).one()
    (sms,) = texts_in(sandbox)
    with transaction(mitake.engine) as session:
        found = Found(sms["msgid"], Fate.ARRIVED)
        receipt = Receipt("mitake", found, UUID(key))
        assert take_receipt(session, receipt, mitake.clock.now())
    assert counted(mitake) == [("no_show", "no_show", "delivered")]
    assert reference_of(mitake) == sms["msgid"]


@pytest.mark.parametrize(("flag", "end"), [("4", "delivered"), ("7", "failed")])
def test_firm_is_asked_after_a_text_nobody_told_of(
    town: House, family: Family, send: Send, sandbox: SandboxClient, flag: str, end: str
) -> None:
    plan(sandbox, "/sms/plan", receipts=[{"after_seconds": 0, "flag": flag}])
    miss(town, family)
    send()
    wait_for(lambda: texts_in(sandbox)[0]["state"] == flag, "the fate")
    later(town, minutes=9)
    run_receipt_tick(town)
    assert counted(town)[0][2] == "sent"
    later(town, minutes=1)
    run_receipt_tick(town)
    assert counted(town)[0][2] == end


def test_firm_is_asked_by_our_own_id_where_its_answer_was_lost(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/faults", endpoint="sms_send", after_accept=True, status=500)
    miss(town, family)
    send()
    assert counted(town) == [("no_show", "no_show", "unknown")]
    later(town, minutes=10)
    run_receipt_tick(town)
    assert counted(town)[0][2] in ("sent", "delivered")
    assert len(texts_in(sandbox)) == 1


@pytest.mark.usefixtures("silent")
def test_silent_text_is_asked_after_once_an_hour_for_three_days(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    miss(town, family)
    send()
    asked = []
    for _ in range(6):
        later(town, minutes=20)
        run_receipt_tick(town)
        with snapshot(town.engine) as session:
            asked.append(session.exec(select(SmsText.asked_at)).one())
    assert len(set(asked)) == 2
    later(town, seconds=timedelta(hours=72).total_seconds())
    run_receipt_tick(town)
    with snapshot(town.engine) as session:
        assert session.exec(select(SmsText.asked_at)).one() == asked[-1]
