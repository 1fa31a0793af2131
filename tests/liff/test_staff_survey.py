"""Results of the survey: for the school's admin and the bureau, never for others."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlmodel import select

from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.house import House
from core.people.staff import revoke_staff, roles_of
from core.people.tables import StaffRole
from core.survey.terms import SurveyTerm
from tests.conftest import FixedClock
from tests.factories import make_staff
from tests.liff.desk import ADMIN, BUREAU, ELSEWHERE, OFFICER, TEACHER, StaffPhone
from tests.liff.outside import Outside
from tests.liff.phone import Phone
from tests.survey.test_results import plant

PAGE = "/liff/staff/survey"
LINK = re.compile(r'href="([^"]+/liff/staff/survey/[^"?]+[^"]*)"')


def path_of(page: str) -> str:
    """The link's address below our own host, "" where there is none."""
    found = LINK.search(page)
    parts = urlsplit(unescape(found.group(1))) if found else None
    return f"{parts.path}?{parts.query}" if parts else ""


def test_admin_sees_bars_with_a_table_behind_them(admin: Phone, pages: House) -> None:
    plant(pages, [5, 5, 5, 4, 1], comment="慢")
    text, page = admin.text(PAGE), admin.get(PAGE).text
    assert "5 人回答，平均 4.0（最高 5）" in text
    assert 'aria-label="非常滿意 3 人，60%；滿意 1 人，20%；' in page
    assert "看成表格" in text
    assert "意見：5 則" in text
    assert "115 學年度第 1 學期" in text


def test_small_group_is_not_shown(admin: Phone, pages: House) -> None:
    plant(pages, [5, 5, 5, 4], comment="慢")
    page = admin.get(PAGE).text
    assert page.count("未滿 5 份，不顯示。") == 5
    assert "慢" not in page
    assert path_of(page) == ""


def test_bureau_sees_the_city_and_the_school_only_itself(
    admin: Phone, staff_phone: StaffPhone, pages: House
) -> None:
    plant(pages, [5] * 5)
    plant(pages, [1] * 7, school_code=None)
    assert "12 人回答" in staff_phone(BUREAU).text(PAGE)
    assert "5 人回答" in admin.text(f"{PAGE}?of=city")


@pytest.mark.parametrize("user", [OFFICER, TEACHER, ELSEWHERE])
def test_others_at_the_school_do_not_see_it(staff_phone: StaffPhone, user: str) -> None:
    phone = staff_phone(user)
    assert phone.get(PAGE).status_code == 403
    assert PAGE not in phone.get("/liff/staff").text


def test_desk_leads_here(admin: Phone, staff_phone: StaffPhone) -> None:
    assert f'href="{PAGE}"' in admin.get("/liff/staff").text
    assert f'href="{PAGE}"' in staff_phone(BUREAU).get("/liff/staff").text


def test_person_of_school_and_bureau_chooses(admin: Phone, pages: House) -> None:
    plant(pages, [5] * 5)
    plant(pages, [1] * 7, school_code=None)
    with transaction(pages.engine) as session:
        make_staff(session, pages, ADMIN, role=StaffRole.BUREAU_ADMIN, school_code=None)
    assert "5 人回答" in admin.text(PAGE)
    assert "12 人回答" in admin.text(f"{PAGE}?of=city")


def test_earlier_term_can_be_chosen(admin: Phone, pages: House) -> None:
    plant(pages, [5] * 6, term=SurveyTerm(114, 2))
    assert "6 人回答" not in admin.text(PAGE)
    assert "6 人回答" in admin.text(f"{PAGE}?term=114-2")
    assert "6 人回答" not in admin.text(f"{PAGE}?term=x")


def test_comment_is_text(admin: Phone, pages: House) -> None:
    plant(pages, [5] * 5, comment="<script>1</script>")
    assert "&lt;script&gt;1" in admin.get(PAGE).text


def test_file_opens_where_nobody_is_signed_in(
    admin: Phone, pages: House, app: Flask, outside: Outside
) -> None:
    plant(pages, [5, 5, 5, 4, 1], comment="慢")
    path = path_of(admin.get(PAGE).text)
    assert path.endswith("?openExternalBrowser=1")
    answer = Phone(app, outside).get(path)
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert lines[1] == ["您滿意通知的速度嗎？", "3", "1", "0", "0", "1", "5"]
    assert "慢" not in answer.data.decode()
    with snapshot(pages.engine) as session:
        done = session.exec(select(AuditEntry.action, AuditEntry.subject)).all()
    assert ("survey.download", "survey:353607/115-1") in done
    assert ("survey.look", "survey:353607/115-1") in done


def test_link_is_good_for_ten_minutes_and_for_whoever_still_may(
    admin: Phone, pages: House, app: Flask, outside: Outside
) -> None:
    plant(pages, [5] * 5)
    path = path_of(admin.get(PAGE).text)
    browser = Phone(app, outside)
    assert browser.get(path.replace("?", "x?")).status_code == 404
    assert isinstance(pages.clock, FixedClock)
    now = pages.clock.now()
    pages.clock.move_to(now + timedelta(minutes=11))
    assert browser.get(path).status_code == 410
    pages.clock.move_to(now)
    with transaction(pages.engine) as session:
        revoke_staff(session, roles_of(session, ADMIN)[0].id, by="operator", now=now)
    assert browser.get(path).status_code == 410
