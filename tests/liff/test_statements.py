"""How much a page asks of the database: no more for a large family and much news.

Times are measured in bench/pages.py; what makes them grow is counted here.
"""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import event

from core.announcements.audiences import Audience
from core.announcements.tables import Importance
from core.db import transaction
from core.house import House
from core.people.tables import Guardian
from tests.announcements.conftest import publish
from tests.factories import make_binding, make_reader, make_school, make_student
from tests.liff.conftest import Family
from tests.liff.phone import Phone

HOME = "/liff/home"
# Who is here is asked in two; the rest is the page's own.
MOST = 25


def add_siblings(house: House, family: Family) -> None:
    """Three more children at two schools, whose readers are there as well."""
    with transaction(house.engine) as session:
        make_school(session, "343501")
        for code in ("343501", "353607"):
            make_reader(session, house, school_code=code)
        mei = session.get_one(Guardian, UUID(family.guardian_id))
        for number, code in enumerate(("343501", "343501", "353607"), start=2):
            child = make_student(
                session, house, name=f"王小{number}", number=f"1151000{number}", school_code=code
            )
            make_binding(session, mei, child)


def announce_often(house: House) -> None:
    """Thirty announcements nobody opened, half of them important."""
    with transaction(house.engine) as session:
        for number in range(30):
            at = house.clock.now() - timedelta(hours=number)
            importance = Importance.IMPORTANT if number % 2 else Importance.NORMAL
            publish(session, Audience(), at, title=f"第 {number} 則", importance=importance)


def asked(house: House, phone: Phone, path: str) -> list[str]:
    """Open the page twice and return the second time's statements, all but where reading begins."""
    phone.get(path)
    statements: list[str] = []

    def note(*call: object) -> None:
        statements.append(str(call[2]))

    event.listen(house.engine, "before_cursor_execute", note)
    page = phone.get(path)
    event.remove(house.engine, "before_cursor_execute", note)
    assert page.status_code == 200
    return [one for one in statements if not one.startswith("BEGIN")]


@pytest.mark.parametrize("page", ["home", "child"])
def test_a_look_asks_little_and_writes_nothing(
    mei: Phone, pages: House, family: Family, page: str
) -> None:
    statements = asked(pages, mei, family.page if page == "child" else HOME)
    assert 0 < len(statements) <= MOST
    assert all(one.startswith("SELECT") for one in statements)


@pytest.mark.parametrize("page", ["home", "child"])
def test_brothers_and_sisters_ask_no_more(
    mei: Phone, pages: House, family: Family, page: str
) -> None:
    path = family.page if page == "child" else HOME
    alone = asked(pages, mei, path)
    add_siblings(pages, family)
    assert asked(pages, mei, path) == alone


def test_many_news_ask_no_more(mei: Phone, pages: House) -> None:
    none = asked(pages, mei, HOME)
    announce_often(pages)
    assert asked(pages, mei, HOME) == none
    assert "有 15 則重要公告還沒看。" in mei.text(HOME)
