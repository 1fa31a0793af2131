"""代收 and 新學校 on the pages."""

import html
import re
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from flask import Flask
from sqlmodel import select

from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.duty.binding_tick import tidy_bindings
from core.house import House
from core.people.tables import EnrollmentStatus, Student
from tests.factories import make_school
from tests.liff.conftest import Family
from tests.liff.outside import Outside
from tests.liff.phone import Phone

GRANNY = "U" + "9" * 32


def invite(mei: Phone, family: Family) -> str:
    """Mei makes a link; return its code."""
    page = f"{family.page}/delegates"
    answer = mei.post(page, {"label": "grandparent", "until": "2026-12-31"})
    assert answer.status_code == 303
    found = re.search(r'href="(https://liff.line.me/[^"]+/delegate\?[^"]+)"', mei.get(page).text)
    assert found
    return parse_qs(urlsplit(found.group(1)).query)["code"][0]


def test_granny_receives_and_either_side_stops_it(
    mei: Phone, family: Family, app: Flask, outside: Outside
) -> None:
    granny = Phone(app, outside).sign_in(GRANNY)
    code = invite(mei, family)
    shown = granny.post("/liff/delegate", {"code": code})
    assert "小明的家長請您代收「到校」「離校」通知，到 12/31（四）為止。" in shown.text
    assert "王小明" not in shown.text
    taken = granny.post("/liff/delegate", {"code": code, "answer": "yes"})
    assert "已開始代收" in granny.text(taken.location)
    assert "正在代收" in mei.text(f"{family.page}/delegates")
    assert granny.get(family.page).location == "/liff/home"
    assert "代收的通知" in granny.text("/liff/home")
    found = re.search(r'action="([^"]+/end)"', granny.get("/liff/delegations").text)
    assert found
    granny.post(found.group(1), {}, form_at="/liff/delegations")
    assert "目前沒有代收" in granny.text("/liff/delegations")
    assert "正在代收" not in mei.text(f"{family.page}/delegates")


def test_link_opened_again_shows_what_it_gave_to_its_taker_alone(
    mei: Phone, hua: Phone, family: Family, app: Flask, outside: Outside
) -> None:
    granny = Phone(app, outside).sign_in(GRANNY)
    code = invite(mei, family)
    granny.post("/liff/delegate", {"code": code, "answer": "yes"})
    assert granny.get(f"/liff/delegate?code={code}").location == "/liff/delegations"
    assert hua.get(f"/liff/delegate?code={code}").status_code == 200
    for fields in ({"code": code}, {"code": code, "answer": "yes"}):
        again = granny.post("/liff/delegate", fields)
        assert (again.status_code, again.location) == (303, "/liff/delegations")
        assert hua.post("/liff/delegate", fields).status_code == 422


def test_ended_twice_is_ended_once_and_says_so(
    mei: Phone, family: Family, app: Flask, outside: Outside, pages: House
) -> None:
    granny = Phone(app, outside).sign_in(GRANNY)
    granny.post("/liff/delegate", {"code": invite(mei, family), "answer": "yes"})
    own = re.search(r'action="([^"]+/end)"', mei.get(f"{family.page}/delegates").text)
    received = re.search(r'action="([^"]+/end)"', granny.get("/liff/delegations").text)
    assert own and received
    for _press in range(2):
        done = granny.post(received.group(1), {}, form_at="/liff/delegate")
        assert "已停止代收，不會再收到通知。" in granny.text(done.location)
        assert mei.post(own.group(1), {}, form_at="/liff/account").status_code == 303
    with snapshot(pages.engine) as session:
        ends = session.exec(select(AuditEntry).where(AuditEntry.action == "delegate.end")).all()
    assert len(ends) == 1


def test_stranger_sees_and_ends_nothing(mei: Phone, hua: Phone, family: Family) -> None:
    invite(mei, family)
    assert hua.get(f"{family.page}/delegates").status_code == 404
    found = re.search(r'action="([^"]+/end)"', mei.get(f"{family.page}/delegates").text)
    assert found
    assert hua.post(found.group(1), {}, form_at="/liff/account").status_code == 404
    assert "還沒接受" in mei.text(f"{family.page}/delegates")


def test_bad_wish_says_what_is_wanted(mei: Phone, family: Family) -> None:
    answer = mei.post(f"{family.page}/delegates", {"label": "", "until": "2026-11-01"})
    assert answer.status_code == 422
    assert "請選擇是誰" in answer.text
    late = mei.post(f"{family.page}/delegates", {"label": "club", "until": "2028-01-01"})
    assert "代收最長到學期末" in late.text


def test_guardian_of_a_child_who_moved_is_asked_on_the_page(
    mei: Phone, hua: Phone, family: Family, pages: House
) -> None:
    with transaction(pages.engine) as database:
        make_school(database, "353608", short_name="槐香國中", level="國中")
        ming = database.get_one(Student, UUID(family.student_id))
        facts = ming.model_dump(exclude={"id", "school_code"})
        database.add(Student(**facts, school_code="353608"))
        ming.status = EnrollmentStatus.GRADUATED
    tidy_bindings(pages)
    found = re.search(r'href="(/liff/moves/[^"]+)"', mei.get("/liff/home").text)
    assert found
    assert hua.get(found.group(1)).status_code == 404
    assert "槐香國中已登錄小明的學籍。" in mei.text(found.group(1))
    kept = mei.post(found.group(1), {"answer": "keep"})
    home = mei.text(kept.location)
    assert "已沿用原來的綁定和訂閱。" in home
    assert "槐香國中" in home


def test_link_is_passed_on_with_one_press(mei: Phone, family: Family) -> None:
    code = invite(mei, family)
    page = mei.get(f"{family.page}/delegates").text
    link = html.unescape(re.findall(r'data-copy="([^"]+)"', page)[0])
    share = html.unescape(re.findall(r'href="(https://line.me/R/share\?[^"]+)"', page)[0])
    assert parse_qs(urlsplit(share).query)["text"] == [link]
    assert parse_qs(urlsplit(link).query)["code"] == [code]
