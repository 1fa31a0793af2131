"""我的資料 as a guardian uses it: see, copy, correct, stop, delete."""

import io
import re
import zipfile
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from flask import Flask
from sqlmodel import select

from core.db import snapshot, transaction
from core.delivery.day_span import span_of
from core.delivery.rights import rights_of
from core.house import House
from core.kinds import NoticeKind
from core.notices.links import Consented, end_link, make_link
from core.notices.outbox import NewNotice, enqueue
from core.notices.tables import Notice
from core.people.guardians import PassMember, find_guardian
from core.people.reach import Unreached, unreached
from core.people.tables import Guardian
from core.privacy.tables import CopyOrder, Tombstone
from core.rows import run
from tests.factories import MEI, mei_of
from tests.liff.conftest import Family, MenuChanges
from tests.liff.outside import Outside
from tests.liff.phone import Phone, text_of

PAGE = "/liff/my-data"
LINK = re.compile(r'href="([^"]+/liff/my-data/file/[^"]+)"')


@pytest.fixture
def browser(app: Flask, outside: Outside) -> Phone:
    """The phone's own browser, where nobody is signed in."""
    return Phone(app, outside)


def link(phone: Phone) -> str:
    """The address of the copy on the page, below our own host; empty without one."""
    found = LINK.search(phone.get(PAGE).text)
    parts = urlsplit(unescape(found.group(1))) if found else urlsplit("")
    return f"{parts.path}?{parts.query}" if found else ""


def test_page_says_what_is_held_and_never_a_raw_id(mei: Phone) -> None:
    text = mei.text(PAGE)
    assert "孩子的綁定 1 筆" in text
    assert "數位學生證 1 筆" in text
    assert MEI not in mei.get(PAGE).text


def test_copy_is_told_by_line_and_comes_to_another_browser_once(
    mei: Phone, browser: Phone, pages: House
) -> None:
    answer = mei.post(f"{PAGE}/copy", {})
    assert answer.status_code == 303
    with snapshot(pages.engine) as session:
        told = session.exec(select(Notice).where(Notice.kind == "copy_ready")).one()
    assert "副本已備妥" in bytes(told.content).decode()
    address = link(mei)
    assert address.endswith("?openExternalBrowser=1")
    assert "連結到 07:30 為止有效，只能用一次" in mei.text(PAGE)
    sent = browser.post(address, {})
    assert sent.mimetype == "application/zip"
    names = zipfile.ZipFile(io.BytesIO(sent.data)).namelist()
    assert "my-data.json" in names
    assert browser.post(address, {}, form_at="/liff/").status_code == 410
    assert link(mei) == ""


def test_looking_at_the_link_does_not_use_it_up(mei: Phone, browser: Phone) -> None:
    mei.post(f"{PAGE}/copy", {})
    address = link(mei)
    for _ in range(3):
        assert "只能下載一次" in browser.text(address)
    assert browser.post(address, {}).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(599, 200), (600, 410)])
def test_copy_is_there_for_ten_minutes(
    mei: Phone, browser: Phone, pages: House, seconds: int, status: int
) -> None:
    mei.post(f"{PAGE}/copy", {})
    address = link(mei)
    pages.clock.move_to(pages.clock.now() + timedelta(seconds=seconds))
    answer = browser.get(address)
    assert answer.status_code == status
    assert ("連結已失效" in answer.text) is (status == 410)


@pytest.mark.parametrize("path", [f"{PAGE}/copy", f"{PAGE}/delete"])
def test_copy_and_deletion_want_a_sign_in_of_just_now(mei: Phone, pages: House, path: str) -> None:
    pages.clock.move_to(pages.clock.now() + timedelta(minutes=11))
    assert "data-next" in mei.get(path).text
    answer = mei.post(path, {"word": "刪除"}, form_at="/liff/account")
    assert answer.status_code in (303, 403)
    with snapshot(pages.engine) as session:
        assert session.exec(select(CopyOrder)).all() == []
    assert mei_of(pages).erased_at is None


def test_stopping_silences_everything_and_resuming_restores_it(
    mei: Phone, pages: House, family: Family
) -> None:
    mei.post(f"{PAGE}/stop", {"action": "stop"})
    assert "已停止使用" in mei.text("/liff/home")
    assert _is_wanted(pages, family) is False
    assert _unreached(pages, family) is Unreached.NOT_ON_LINE
    mei.post(f"{PAGE}/stop", {"action": "resume"})
    assert "已停止使用" not in mei.text("/liff/home")
    assert _is_wanted(pages, family) is True
    assert _unreached(pages, family) is None
    assert mei.get(family.page).text.count(" checked") == 3


def _is_wanted(house: House, family: Family) -> bool:
    guardian = mei_of(house)
    notice = NewNotice(
        kind=NoticeKind.ARRIVAL,
        guardian_id=guardian.id,
        line_user_id=MEI,
        student_id=_student(family),
        school_day=house.clock.now().date(),
        at=house.clock.now(),
        content=b"[]",
    )
    with transaction(house.engine) as session:
        enqueue(session, [notice], house.clock.now())
        row = session.exec(select(Notice).where(Notice.kind == "arrival")).first()
        assert row is not None
        asked = {"ids": [row.id], **span_of([row.school_day])}
        return bool(run(session, rights_of, asked).one().is_wanted)


def _student(family: Family) -> UUID:

    return UUID(family.student_id)


def _unreached(house: House, family: Family) -> Unreached | None:
    with snapshot(house.engine) as session:
        return unreached(session, [_student(family)]).get(_student(family))


def test_deleting_needs_the_word(mei: Phone, pages: House) -> None:
    answer = mei.post(f"{PAGE}/delete", {"word": "好"})
    assert answer.status_code == 422
    assert "請輸入「刪除」" in text_of(answer)
    assert mei_of(pages).erased_at is None


def test_deleting_ends_everything_and_says_by_which_number(
    mei: Phone, pages: House, menu_changes: MenuChanges
) -> None:
    text = mei.text(f"{PAGE}/delete")
    assert "刪除後不能復原" in text
    assert "學校的學籍、刷卡和請假紀錄" in text
    answer = mei.post(f"{PAGE}/delete", {"word": "刪除"})
    code = answer.location.rsplit("/", 1)[1]
    assert f"完成編號 {code}" in mei.text(answer.location)
    with snapshot(pages.engine) as session:
        assert find_guardian(session, MEI) is None
        assert {one.code for one in session.exec(select(Tombstone))} == {code}
    assert code in Path(pages.settings.tombstones_file).read_text()
    assert (MEI, False) in menu_changes
    assert "data-next" in mei.get("/liff/home").text


def test_who_is_no_real_name_member_any_more_can_stop_and_delete_too(
    mei: Phone, pages: House
) -> None:
    with transaction(pages.engine) as session:
        session.exec(select(Guardian)).one().verify_level = "0"
    mei.post(f"{PAGE}/stop", {"action": "stop"})
    assert mei_of(pages).stopped_at is not None
    answer = mei.post(f"{PAGE}/delete", {"word": "刪除"})
    assert "完成編號" in mei.text(answer.location)


def test_whoever_deleted_starts_anew(mei: Phone, pages: House, outside: Outside) -> None:
    mei.post(f"{PAGE}/delete", {"word": "刪除"})
    mei.sign_in(MEI)
    assert "三個步驟" in mei.text("/liff/home")
    outside.be_member(f"pass-{MEI[-6:]}")
    mei.come_back(mei.go_to_pass())
    assert mei.confirm().location == "/liff/children/new?note=linked"
    assert "還沒綁定孩子" in mei.text("/liff/home")


def test_farewell_is_said_in_the_language_of_the_pages(mei: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        session.get_one(Guardian, guardian.id).locale = "vi"
    answer = mei.post(f"{PAGE}/delete", {"word": "Xóa"})
    assert "Đã xóa" in mei.text(answer.location)


def test_other_devices_are_signed_out_by_a_deletion(
    mei: Phone, app: Flask, outside: Outside
) -> None:
    tablet = Phone(app, outside).sign_in(MEI)
    mei.post(f"{PAGE}/delete", {"word": "刪除"})
    assert "data-next" in tablet.get("/liff/account").text


@pytest.mark.parametrize("code", ["<b>", "aaaaaaaa", "AAAA", "AAAAAAAAA"])
def test_page_of_a_deletion_repeats_nothing_but_a_number(phone: Phone, code: str) -> None:
    assert phone.get(f"/liff/deleted/{code}").status_code == 404


CONTACT = "/liff/account/contact"


def test_page_says_whose_the_name_is_to_correct(mei: Phone) -> None:
    text = mei.text(CONTACT)
    assert "林○婷，來自台北通" in text
    assert "請洽學校更正" in text


def test_link_to_the_copy_is_shown_to_somebody_just_proved_only(mei: Phone, pages: House) -> None:
    pages.clock.move_to(pages.clock.now() + timedelta(minutes=5))
    mei.post(f"{PAGE}/copy", {})
    pages.clock.move_to(pages.clock.now() + timedelta(minutes=6))
    assert link(mei) == ""
    page = mei.get(PAGE).text
    assert "副本已備妥" in page
    assert f'href="{PAGE}/copy"' in page


def test_proof_leads_back_to_a_copy_that_is_ready(mei: Phone) -> None:
    mei.post(f"{PAGE}/copy", {})
    answer = mei.get(f"{PAGE}/copy")
    assert (answer.status_code, answer.location) == (303, f"{PAGE}?note=copy")


@pytest.mark.parametrize(
    "path", ["/liff/session/end", "/liff/session/end-everywhere", "/liff/account"]
)
def test_signing_out_or_unlinking_voids_the_copy(mei: Phone, browser: Phone, path: str) -> None:
    mei.post(f"{PAGE}/copy", {})
    address = link(mei)
    assert browser.get(address).status_code == 200
    ended = mei.post(path, {"action": "unlink"}, form_at="/liff/account/unlink")
    assert ended.status_code == 303
    assert browser.get(address).status_code == 410
    assert browser.post(address, {}, form_at="/liff/").status_code == 410


def test_linking_anew_does_not_bring_the_copy_back(
    mei: Phone, browser: Phone, pages: House
) -> None:
    mei.post(f"{PAGE}/copy", {})
    address = link(mei)
    pages.clock.move_to(pages.clock.now() + timedelta(minutes=1))
    with transaction(pages.engine) as session:
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        end_link(session, MEI, pages.clock.now())
        member = PassMember(guardian.taipei_pass_id, "林雅婷", "3")
        pages.clock.move_to(pages.clock.now() + timedelta(minutes=1))
        make_link(session, pages, MEI, Consented(member, "1"), pages.clock.now())
    assert browser.get(address).status_code == 410
