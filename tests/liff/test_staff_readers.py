"""刷卡機: how each reader is, to the school; adding, rotating and revoking, to the bureau."""

from datetime import timedelta

import pytest
from sqlmodel import select
from werkzeug.test import TestResponse

from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.gate.readers import NEXT_SEEN
from core.gate.tables import Reader
from core.house import House
from core.people.tables import OneTimeText
from tests.factories import make_reader, make_school
from tests.liff.conftest import Family
from tests.liff.desk import ADMIN, BUREAU, ELSEWHERE, OFFICER, TEACHER, StaffPhone
from tests.liff.phone import Phone, text_of

PAGE, NEW = "/liff/staff/readers", "/liff/staff/readers/new?school=353607"
GATE = {"gate": "東側門", "direction": "in"}


@pytest.fixture
def bureau(staff_phone: StaffPhone, family: Family) -> Phone:
    """Somebody of the education bureau."""
    return staff_phone(BUREAU)


def put(house: House, *, gate: str = "正門", silent: int = 0, **facts: object) -> Reader:
    """A reader heard so many seconds ago."""
    with transaction(house.engine) as session:
        at = house.clock.now() - timedelta(seconds=silent)
        reader = make_reader(session, house, contact_at=at)
        reader.gate = gate
        for name, value in facts.items():
            setattr(reader, name, value)
        return reader


def readers(house: House) -> list[Reader]:
    with snapshot(house.engine) as session:
        return list(session.exec(select(Reader)))


def show(phone: Phone, sent: TestResponse) -> str:
    """Follow to the page that shows once, and press."""
    asked = str(sent.location)
    assert "/liff/staff/shown/" in asked
    answer = phone.post(asked, {})
    assert answer.headers["Cache-Control"] == "no-store"
    return text_of(answer)


def acts(house: House) -> list[str]:
    with snapshot(house.engine) as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.subject.startswith("reader:")))  # type: ignore[attr-defined]
        return [f"{one.actor[:5]} {one.action}" for one in entries]


def test_school_reads_how_each_reader_is(staff_phone: StaffPhone, pages: House) -> None:
    put(pages, silent=20, clock_offset_seconds=8.0)
    put(pages, gate="後門", silent=7200)
    put(pages, gate="側門", buffered=14)
    put(pages, gate="地下室", last_contact_at=None)
    page = staff_phone(OFFICER).text(PAGE)
    for said in (
        "正門 正常 進出都刷・2026/09/01 登記 最後連線 07:19 時鐘慢 8 秒",
        "後門 沒有連線 進出都刷・2026/09/01 登記 05:20 起沒有連線 暫存筆數未知",
        "側門 還沒傳完 進出都刷・2026/09/01 登記 最後連線 07:20 暫存 14 筆還沒傳 時鐘準確",
        "地下室 還沒連線過 進出都刷・2026/09/01 登記",
    ):
        assert said in page, said
    assert "登記新的刷卡機" not in page


def test_school_without_a_reader_is_told_what_follows(staff_phone: StaffPhone) -> None:
    assert "不會發出「尚無刷卡紀錄」" in staff_phone(OFFICER).text(PAGE)


def test_bureau_sees_troubled_readers_of_all_schools(bureau: Phone, pages: House) -> None:
    put(pages, silent=20)
    put(pages, gate="後門", silent=7200)
    page = bureau.text(PAGE)
    assert "1 台正常" in page
    assert "榕光國小・後門 沒有連線" in page
    assert "榕光國小・正門" not in page


def test_new_readers_secret_is_shown_once_and_works(bureau: Phone, pages: House) -> None:
    sent = bureau.post(NEW, GATE)
    asked = str(sent.location)
    assert "內容只顯示這一次" in bureau.text(asked)
    shown = show(bureau, sent)
    (reader,) = readers(pages)
    assert (reader.school_code, reader.gate, reader.direction) == ("353607", "東側門", "in")
    assert str(reader.id) in shown
    assert pages.vault.open(reader.secret_sealed, "reader.secret") in shown
    assert "已經顯示過，或過期了" in bureau.text(bureau.post(asked, {}, form_at=NEW).location)
    with snapshot(pages.engine) as session:
        assert session.exec(select(OneTimeText.text_sealed)).all() == [None]
    assert acts(pages) == ["staff reader.add"]


def test_secret_is_shown_to_nobody_else_and_not_too_late(
    bureau: Phone, staff_phone: StaffPhone, pages: House
) -> None:
    asked = str(bureau.post(NEW, GATE).location)
    admin = staff_phone(ADMIN)
    assert "已經顯示過" in admin.text(asked)
    other = admin.post(asked, {}, form_at="/liff/staff/calendar/day")
    assert other.status_code == 303
    pages.clock.move_to(pages.clock.now() + timedelta(minutes=10))
    assert "已經顯示過，或過期了" in bureau.text(asked)


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"gate": " "}, "gate"), ({"gate": "長" * 21}, "gate"), ({"direction": "up"}, "direction")],
)
def test_wrong_field_registers_nothing(
    bureau: Phone, pages: House, changed: dict[str, str], field: str
) -> None:
    answer = bureau.post(NEW, {**GATE, **changed})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert readers(pages) == []


def test_secrets_change_without_a_gap(bureau: Phone, pages: House) -> None:
    reader = put(pages)
    page = f"{PAGE}/{reader.id}/rotate?school=353607"
    shown = show(bureau, bureau.post(page, {"step": "make"}))
    next_sealed = readers(pages)[0].next_secret_sealed
    assert next_sealed is not None
    assert pages.vault.open(next_sealed, "reader.secret") in shown
    assert "新舊密鑰現在都能用" in shown
    assert "已經有下一組密鑰了。" in text_of(bureau.post(page, {"step": "make"}))
    refused = bureau.post(page, {"step": "finish"})
    assert (refused.status_code, "還沒有用過新的密鑰" in text_of(refused)) == (422, True)
    with transaction(pages.engine) as session:
        seen = {"actor": f"reader:{reader.id}", "action": NEXT_SEEN}
        at = pages.clock.now() + timedelta(seconds=1)
        session.add(AuditEntry(**seen, subject=f"reader:{reader.id}", at=at))
    assert "刷卡機已經用過新的密鑰" in bureau.text(page)
    assert "舊的密鑰已停用" in bureau.text(bureau.post(page, {"step": "finish"}).location)
    assert readers(pages)[0].secret_sealed == next_sealed
    assert readers(pages)[0].next_secret_sealed is None


def test_lost_next_secret_is_replaced_and_an_unseen_one_forced(bureau: Phone, pages: House) -> None:
    page = f"{PAGE}/{put(pages).id}/rotate?school=353607"
    bureau.post(page, {"step": "make"})
    first = readers(pages)[0].next_secret_sealed
    bureau.post(page, {"step": "again"})
    second = readers(pages)[0].next_secret_sealed
    assert second not in (first, None)
    bureau.post(page, {"step": "finish", "unseen": "1"})
    assert readers(pages)[0].secret_sealed == second


def test_revoking_asks_first_and_is_for_good(bureau: Phone, pages: House) -> None:
    reader = put(pages)
    page = f"{PAGE}/{reader.id}/revoke?school=353607"
    assert "停用這台刷卡機？" in bureau.text(page)
    assert readers(pages)[0].revoked_at is None
    assert "已停用。" in bureau.text(bureau.post(page, {}).location)
    assert readers(pages)[0].revoked_at == pages.clock.now()
    again = bureau.post(page, {}, form_at=NEW)
    assert (again.status_code, "已經停用" in text_of(again)) == (422, True)
    assert "正門 已停用" in bureau.text(f"{PAGE}?school=353607")
    assert acts(pages) == ["staff reader.revoke"]


@pytest.mark.parametrize("person", [OFFICER, ADMIN, TEACHER, ELSEWHERE])
def test_nobody_but_the_bureau_changes_a_reader(
    staff_phone: StaffPhone, pages: House, person: str
) -> None:
    reader, phone = put(pages), staff_phone(person)
    form_at = "/liff/?prove=1"
    for path, fields in (
        ("/new", GATE),
        (f"/{reader.id}/rotate", {"step": "make"}),
        (f"/{reader.id}/revoke", {}),
    ):
        assert phone.get(PAGE + path).status_code == 403, path
        assert phone.post(PAGE + path, fields, form_at=form_at).status_code == 403, path
    (only,) = readers(pages)
    assert (only.next_secret_sealed, only.revoked_at) == (None, None)


def test_reader_of_another_school_is_not_there(bureau: Phone, pages: House) -> None:
    reader = put(pages)
    assert bureau.get(f"{PAGE}/{reader.id}/revoke?school=353607").status_code == 200
    with transaction(pages.engine) as session:
        make_school(session, "353608", short_name="槐香國小")
    assert bureau.get(f"{PAGE}/{reader.id}/revoke?school=353608").status_code == 404
    assert "停用" in bureau.text(f"{PAGE}/{reader.id}/revoke")
