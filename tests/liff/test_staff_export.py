"""Sheets taken out by a link that lives for ten minutes."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import openpyxl
import pytest
from flask import Flask
from itsdangerous import URLSafeSerializer
from sqlmodel import select
from werkzeug.test import TestResponse

from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.house import House
from core.people.staff import revoke_staff, roles_of
from liff.staff.sheet_link import SALT
from tests.factories import make_student
from tests.liff.conftest import Family
from tests.liff.desk import ELSEWHERE, OFFICER, TEACHER, StaffPhone, monday
from tests.liff.outside import Outside
from tests.liff.phone import Phone

PAGE = "/liff/staff/export"
LINK = re.compile(r'href="([^"]+/liff/staff/download/[^"]+)"')


@pytest.fixture
def officer(staff_phone: StaffPhone, pages: House, family: Family) -> Phone:
    """The officer at 07:20 on Monday."""
    return staff_phone(OFFICER)


@pytest.fixture
def browser(app: Flask, outside: Outside) -> Phone:
    """The phone's own browser, where nobody is signed in."""
    return Phone(app, outside)


def link(phone: Phone, **query: str) -> str:
    """The address on the button."""
    wanted = {"kind": "day", "format": "xlsx", **query}
    page = phone.get(f"{PAGE}?{'&'.join(f'{key}={value}' for key, value in wanted.items())}")
    found = LINK.search(page.text)
    return unescape(found.group(1)) if found else ""


def path_of(address: str) -> str:
    """The address below our own host."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def names(answer: TestResponse) -> list[str]:
    """The children on the sheet."""
    text = answer.data.decode("utf-8-sig")
    return [line["姓名"] for line in csv.DictReader(io.StringIO(text, newline=""))]


def test_link_opens_the_phones_own_browser(officer: Phone, pages: House) -> None:
    address = link(officer)
    assert address.startswith(pages.settings.base_url)
    assert address.endswith("?openExternalBrowser=1")
    page = officer.text(f"{PAGE}?kind=day&format=xlsx")
    assert "2026/11/23（一）・全校・XLSX" in page
    assert "連結到 07:30 為止有效" in page


def test_nothing_chosen_yet_gives_no_link(officer: Phone) -> None:
    assert "download" not in officer.get(PAGE).text
    assert "取得連結" in officer.text(PAGE)


@pytest.mark.parametrize("query", [{"kind": "year"}, {"format": "exe"}, {"homeroom": "999"}])
def test_unknown_choice_gives_no_link(officer: Phone, query: dict[str, str]) -> None:
    assert link(officer, **query) == ""


def test_sheet_comes_to_a_browser_nobody_is_signed_in_on(officer: Phone, browser: Phone) -> None:
    answer = browser.get(path_of(link(officer)))
    assert answer.status_code == 200
    sent = answer.headers["Content-Disposition"]
    assert sent.startswith("attachment;")
    assert "filename*=UTF-8''%E5%88%B0%E9%9B%A2%E6%A0%A1_353607_2026-11-23.xlsx" in sent
    assert answer.headers["Cache-Control"] == "no-store"
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.data)).active.values)
    assert rows[1][:5] == ("2026/11/23（一）", "603", "12", "11510001", "王小明")


def test_week_is_monday_to_sunday_and_can_be_csv(officer: Phone, browser: Phone) -> None:
    answer = browser.get(path_of(link(officer, kind="week", format="csv", day="2026-11-19")))
    assert "2026-11-16_2026-11-22.csv" in answer.headers["Content-Disposition"]
    assert answer.mimetype == "text/csv"
    assert names(answer) == ["王小明"] * 5


def test_link_is_bound_to_one_class(officer: Phone, browser: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        other = make_student(session, pages, name="李大華", number="11520001")
        other.homeroom = "102"
    assert names(browser.get(path_of(link(officer, format="csv", homeroom="102")))) == ["李大華"]
    assert len(names(browser.get(path_of(link(officer, format="csv"))))) == 2


@pytest.mark.parametrize(("seconds", "status"), [(599, 200), (601, 410), (-5, 410)])
def test_link_is_good_for_ten_minutes_of_our_clock(
    officer: Phone, browser: Phone, pages: House, seconds: int, status: int
) -> None:
    address = path_of(link(officer))
    pages.clock.move_to(monday(7, 20) + timedelta(seconds=seconds))
    answer = browser.get(address)
    assert answer.status_code == status
    assert ("連結已過期" in answer.text) if status == 410 else answer.data.startswith(b"PK")


def test_link_dies_with_the_role(officer: Phone, browser: Phone, pages: House) -> None:
    address = path_of(link(officer))
    with transaction(pages.engine) as session:
        (role,) = roles_of(session, OFFICER)
        revoke_staff(session, role.id, by="staff:x", now=pages.clock.now())
    assert browser.get(address).status_code == 410


def test_link_that_was_changed_opens_nothing(officer: Phone, browser: Phone) -> None:
    path, _, query = path_of(link(officer)).partition("?")
    # Not the last sign: some of its bits carry nothing.
    changed = f"{path[:-9]}{'A' if path[-9] != 'A' else 'B'}{path[-8:]}"
    for wrong in (changed, "/liff/staff/download/x", f"{path}.x"):
        answer = browser.get(f"{wrong}?{query}")
        assert answer.status_code == 404
        assert "王小明" not in answer.text


def test_link_signed_for_another_purpose_opens_nothing(browser: Phone, pages: House) -> None:
    key = pages.settings.secret_key.get_secret_value()
    for salt, whole in (("bot.postback", ["x"]), (SALT, ["x"]), (SALT, None)):
        token = URLSafeSerializer([key], salt=salt).dumps(whole)
        assert browser.get(f"/liff/staff/download/{token}").status_code == 404


def test_every_download_is_recorded(officer: Phone, browser: Phone, pages: House) -> None:
    browser.get(path_of(link(officer, homeroom="603")))
    with snapshot(pages.engine) as session:
        (role,) = roles_of(session, OFFICER)
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "sheet.download")).one()
    assert (entry.actor, entry.subject) == (
        f"staff:{role.id}",
        "sheet:353607/2026-11-23/2026-11-23/603",
    )


def test_day_to_come_becomes_today(officer: Phone, browser: Phone) -> None:
    answer = browser.get(path_of(link(officer, day="2027-01-01", format="csv")))
    assert "2026-11-23.csv" in answer.headers["Content-Disposition"]


def test_other_schools_and_teachers_get_no_link(staff_phone: StaffPhone) -> None:
    assert staff_phone(TEACHER).get(f"{PAGE}?kind=day&format=csv").status_code == 403
    elsewhere = staff_phone(ELSEWHERE)
    assert elsewhere.get(f"{PAGE}?kind=day&format=csv&school=353607").status_code == 404
    assert names(elsewhere.get(path_of(link(elsewhere, format="csv")))) == []
