"""系統整理: pages are read, nothing is saved, nothing typed is lost; it is told beforehand."""

import io
from datetime import datetime

import pytest
from flask import Flask
from sqlmodel import select

import app as composition
from bot.tables import LineEvent
from core.attendance.tables import Leave
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.gate.tables import Tap
from core.house import House
from core.people.tables import Binding
from liff.maintenance import GOES_ON
from tests.bot.happenings import as_body, make_text, sign
from tests.conftest import FixedClock
from tests.factories import MEI, card_uid_of, make_reader
from tests.gate.conftest import SigningReader
from tests.liff.conftest import Family
from tests.liff.outside import Outside
from tests.liff.phone import Phone, text_of

NOW, SOON = "系統整理中（每日 00:10–00:30）", "00:10–00:30 整理資料，這段時間可以查看，不能儲存。"
LEAVE = "/liff/leaves/new"
WISH = {
    "first_day": "2026-11-25",
    "last_day": "2026-11-25",
    "part": "whole",
    "reason": "sick",
    "sure": "1",
}


def go_to(house: House, clock: str, day: str = "2026-11-24") -> None:
    """Let it be that time."""
    assert isinstance(house.clock, FixedClock)
    house.clock.move_to(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=TAIPEI))


def leaves(house: House) -> int:
    """How many leaves there are."""
    with snapshot(house.engine) as session:
        return len(session.exec(select(Leave)).all())


@pytest.fixture
def wish(family: Family) -> dict[str, str]:
    """A leave for Ming."""
    return {**WISH, "binding_id": family.binding_id}


@pytest.mark.parametrize(
    ("clock", "says"),
    [
        ("23:49:59", ""),
        ("23:50:00", SOON),
        ("00:09:59", SOON),
        ("00:10:00", NOW),
        ("00:29:59", NOW),
        ("00:30:00", ""),
    ],
)
@pytest.mark.parametrize("path", ["/liff/home", "/liff/notices", "/liff/help", "/liff/nowhere"])
def test_pages_stay_readable_and_say_so(
    mei: Phone, pages: House, clock: str, says: str, path: str
) -> None:
    go_to(pages, clock)
    mei.sign_in(MEI)
    answer = mei.get(path)
    assert answer.status_code == (404 if path.endswith("nowhere") else 200)
    told = [one for one in (SOON, NOW) if one in text_of(answer)]
    assert told == ([says] if says else [])


@pytest.mark.parametrize(
    ("clock", "status", "seconds"),
    [
        ("00:09:59", 303, None),
        ("00:10:00", 503, "1200"),
        ("00:29:59", 503, "1"),
        ("00:30", 303, None),
    ],
)
def test_what_would_be_written_waits(
    mei: Phone, pages: House, wish: dict[str, str], clock: str, status: int, seconds: str | None
) -> None:
    go_to(pages, clock)
    mei.sign_in(MEI)
    answer = mei.post(LEAVE, wish)
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == seconds
    assert leaves(pages) == (status == 303)


def test_what_was_typed_can_be_sent_again_afterwards(
    mei: Phone, pages: House, wish: dict[str, str]
) -> None:
    go_to(pages, "00:20")
    mei.sign_in(MEI)
    answer = mei.post(LEAVE, wish)
    assert "請 00:30 後再來。 剛才沒有送出。" in text_of(answer)
    kept = dict(mei.hidden_in(answer))
    assert {name: kept[name] for name in wish} == wish
    go_to(pages, "00:30")
    assert mei.client.post(LEAVE, data=kept).status_code == 303
    assert leaves(pages) == 1


def test_markup_typed_comes_back_as_text_and_secrets_not_at_all(mei: Phone, pages: House) -> None:
    go_to(pages, "00:20")
    mei.sign_in(MEI)
    typed = {"name": '"><script>', "national_id": "A123456789", "binding_code": "K7Q4M2XP"}
    page = mei.post("/liff/children/new", typed)
    assert page.status_code == 503
    assert "<script>" not in page.text.replace("<script type", "").replace("<script async", "")
    assert "A123456789" not in page.text
    assert "K7Q4M2XP" not in page.text
    assert "要再填一次" in page.text


def test_file_has_to_be_chosen_again(mei: Phone, pages: House) -> None:
    go_to(pages, "00:20")
    mei.sign_in(MEI)
    token = mei.token_at("/liff/account")
    data = {"csrf_token": token, "file": (io.BytesIO(b"x"), "603.csv")}
    page = text_of(mei.client.post(LEAVE, data=data))
    assert "檔案請 00:30 後再選一次。" in page
    assert "再送一次" not in page


def test_who_stops_something_need_not_wait(mei: Phone, pages: House, family: Family) -> None:
    go_to(pages, "00:20")
    mei.sign_in(MEI)
    assert mei.post(f"{family.page}/unbind", {}).status_code == 303
    with snapshot(pages.engine) as session:
        assert session.exec(select(Binding)).one().ended_at is not None


def test_what_goes_on_is_named_as_it_is_called(app: Flask) -> None:
    sent = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert sent >= GOES_ON


def test_gate_and_webhooks_know_of_no_window(pages: House, outside: Outside) -> None:
    go_to(pages, "00:20")
    whole = composition.assemble(pages)
    client = whole.test_client()
    for rule in whole.url_map.iter_rules():
        if rule.rule.startswith("/liff") or "POST" not in (rule.methods or ()):
            continue
        path = rule.rule.replace("<uuid:reader_id>", "0b0e5b9c-9f6c-4c6e-8d1e-000000000000")
        # Refused for want of a signature, or of a firm here, as at any other hour.
        expected = 404 if "<provider>" in path else 401
        assert client.post(path, data=b"{}").status_code == expected, rule.rule


def test_signed_taps_and_words_are_stored_in_the_window(
    pages: House, outside: Outside, family: Family
) -> None:
    go_to(pages, "00:20")
    client = composition.assemble(pages).test_client()
    with transaction(pages.engine) as session:
        reader = SigningReader(client, pages, make_reader(session, pages).id)
    card = card_uid_of("11510001")

    assert reader.statuses((1, card, "2026-11-24T00:19:00+08:00")) == ["recorded"]
    body = as_body([make_text("今天", at=pages.clock.now())])
    headers = {"x-line-signature": sign(body, pages.settings.channel_secrets[0])}
    assert client.post("/line/webhook", data=body, headers=headers).status_code == 200

    with snapshot(pages.engine) as session:
        assert session.exec(select(Tap.card_uid)).all() == [card]
        assert len(session.exec(select(LineEvent)).all()) == 1
