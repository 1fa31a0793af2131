"""退訂: one press ends the letters about a child, from the letter itself, signed in or not."""

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

import app as composition
from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.house import House
from core.kinds import Channel, EventKind
from core.mailing.links import Letters, letters_link
from core.people.bindings import unbind_child
from core.people.subscriptions import boxes_of, turn_boxes
from core.people.tables import Binding, Guardian, Student
from tests.factories import HUA, make_binding, make_guardian
from tests.mailing.conftest import ON_LINE, Family

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def client(town: House) -> FlaskClient:
    """A browser, or a mail program, that nobody has signed in on."""
    return composition.assemble(town).test_client()


@pytest.fixture
def link(town: House, family: Family) -> str:
    """The address in a letter about Ming."""
    whole = letters_link(town.settings, Letters(family.guardian_id, family.binding_id))
    return whole.removeprefix(town.settings.base_url.rstrip("/"))


def by_email(house: House, family: Family) -> set[tuple[Channel, object]]:
    """The boxes of e-mail that are on."""
    with snapshot(house.engine) as session:
        boxes = boxes_of(session, family.binding_id)
    return {box for box in boxes if box[0] is Channel.EMAIL}


def test_mail_program_ends_the_letters_with_one_press(
    town: House, family: Family, client: FlaskClient, link: str
) -> None:
    answer = client.post(link, data=ONE_CLICK)
    assert (answer.status_code, answer.data) == (200, b"")
    assert by_email(town, family) == set()
    with snapshot(town.engine) as session:
        assert boxes_of(session, family.binding_id) == ON_LINE
        assert "letters.end" in session.exec(select(AuditEntry.action)).all()


def test_looking_at_the_page_ends_nothing(
    town: House, family: Family, client: FlaskClient, link: str
) -> None:
    page = client.get(link).get_data(as_text=True)
    assert "退訂小明的 e-mail 通知？" in page
    assert len(by_email(town, family)) == 3


def test_button_on_the_page_ends_them_and_says_so(
    town: House, family: Family, client: FlaskClient, link: str
) -> None:
    answer = client.post(link)
    assert answer.status_code == 303
    assert by_email(town, family) == set()
    assert "已退訂小明的 e-mail 通知" in client.get(answer.location).get_data(as_text=True)


def test_second_press_is_answered_as_the_first(client: FlaskClient, link: str) -> None:
    answers = [client.post(link, data=ONE_CLICK).status_code for _ in range(2)]
    assert answers == [200, 200]


@pytest.mark.parametrize("forged", ["x", "WyIiLCIiXQ.AAAA", "%00"])
def test_forged_link_ends_nothing(
    town: House, family: Family, client: FlaskClient, forged: str
) -> None:
    assert client.post(f"/liff/letters/{forged}", data=ONE_CLICK).status_code == 404
    assert client.get(f"/liff/letters/{forged}").status_code == 404
    assert len(by_email(town, family)) == 3


def test_link_of_one_guardian_ends_nothing_of_another(
    town: House, family: Family, client: FlaskClient
) -> None:
    with transaction(town.engine) as session:
        hua = make_guardian(session, town, HUA, name="林○華").id
    whole = letters_link(town.settings, Letters(hua, family.binding_id))
    path = whole.removeprefix(town.settings.base_url.rstrip("/"))
    assert client.post(path, data=ONE_CLICK).status_code == 200
    assert "小明" not in client.get(path).get_data(as_text=True)
    assert len(by_email(town, family)) == 3


def test_link_of_an_earlier_binding_ends_the_letters_of_todays(
    town: House, family: Family, client: FlaskClient, link: str
) -> None:
    box = (Channel.EMAIL, EventKind.ARRIVAL)
    with transaction(town.engine) as session:
        before, now = session.get_one(Binding, family.binding_id), town.clock.now()
        unbind_child(session, guardian_id=before.guardian_id, binding_id=before.id, now=now)
        guardian = session.get_one(Guardian, before.guardian_id)
        again = make_binding(session, guardian, session.get_one(Student, before.student_id)).id
        turn_boxes(session, binding_id=again, boxes=[box], is_on=True, now=now)
    assert "退訂小明的 e-mail 通知？" in client.get(link).get_data(as_text=True)
    client.post(link, data=ONE_CLICK)
    with snapshot(town.engine) as session:
        assert box not in boxes_of(session, again)


def test_link_for_all_children_ends_all(town: House, family: Family, client: FlaskClient) -> None:
    whole = letters_link(town.settings, Letters(family.guardian_id, None))
    path = whole.removeprefix(town.settings.base_url.rstrip("/"))
    assert client.post(path, data=ONE_CLICK).status_code == 200
    assert by_email(town, family) == set()
