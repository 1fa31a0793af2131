"""Who may see a child sees no number, birth date, chip or LINE id, and nobody else's name.

The routes come from the application's own map: a new one is looked at without being named here.
"""

import json
from datetime import timedelta

import pytest
from sqlmodel import Session

import app as composition
from bot.commands import Command
from bot.staff_commands import StaffVerb
from core.binding.delegates import accept, invite_delegate
from core.binding.tables import DelegateLabel
from core.clock import school_day_of
from core.db import transaction
from core.house import House
from core.people.contacts import Contact, ContactSlot, write_contact
from core.people.tables import Binding, StaffRole
from tests.bot.conversation import hear
from tests.bot.happenings import make_text
from tests.factories import (
    HUA,
    MEI,
    card_uid_of,
    make_binding,
    make_guardian,
    make_school,
    make_staff,
    make_student,
    national_id_of,
)
from tests.liff.outside import Outside
from tests.liff.phone import Phone
from tests.security.test_matrix import paths_of

GRANNY, TEACHER, OFFICER = "U" + "7" * 32, "U" + "8" * 32, "U" + "9" * 32
NUMBER = "11510001"
EMAIL, MOBILE = "yating@example.com", "0912000123"
BORN = ("2015-03-05", "2015/03/05", "2015/3/5", "104/03/05", "104/3/5", "104-03-05", "104年")
SECRET = (national_id_of(NUMBER), card_uid_of(NUMBER), *BORN, MEI, HUA, GRANNY, TEACHER, OFFICER)
# Where one reads and corrects one's own.
OWN_CONTACT = "/liff/account/contact/email1"


@pytest.fixture
def ids(pages: House) -> list[str]:
    """Ming with mother, father, granny who receives, teacher and officer: all may see him."""
    now = pages.clock.now()
    with transaction(pages.engine) as session:
        make_school(session)
        ming = make_student(session, pages)
        mother = make_guardian(session, pages)
        father = make_guardian(session, pages, HUA, name="華大明")
        bindings = [make_binding(session, one, ming) for one in (mother, father)]
        for slot, address in ((ContactSlot.EMAIL1, EMAIL), (ContactSlot.PHONE, MOBILE)):
            write_contact(session, pages.vault, mother.id, Contact(slot, address, True), now)
        _lend(session, pages, bindings[0])
        staff = make_staff(session, pages, TEACHER, role=StaffRole.HOMEROOM_TEACHER, homeroom="603")
        officer = make_staff(session, pages, OFFICER)
        return [str(one.id) for one in (*bindings, ming, mother, father, staff, officer)]


PEOPLE = {
    "mother": (MEI, ("華大明", "林國華")),
    "father": (HUA, ("林雅婷", "林國華", EMAIL, MOBILE)),
    "granny": (GRANNY, ("林雅婷", "華大明", "王小明", "林國華", EMAIL, MOBILE)),
    "teacher": (TEACHER, ("林雅婷", "華大明", EMAIL, MOBILE)),
    "officer": (OFFICER, ("林雅婷", "華大明", EMAIL, MOBILE)),
}


def _lend(session: Session, house: House, binding: Binding) -> None:
    now = house.clock.now()
    until = school_day_of(now) + timedelta(days=7)
    lent = invite_delegate(
        session,
        house.vault,
        binding=binding,
        label=DelegateLabel.GRANDPARENT,
        until=until,
        last_day=None,
        now=now,
    )
    assert accept(session, house.vault, lent.id, GRANNY, now)


@pytest.mark.parametrize("who", PEOPLE)
def test_no_page_shows_what_is_kept_sealed(
    pages: House, outside: Outside, ids: list[str], who: str
) -> None:
    line_user_id, others = PEOPLE[who]
    whole = composition.assemble(pages)
    phone = Phone(whole, outside).sign_in(line_user_id)
    shown = 0
    for rule in whole.url_map.iter_rules():
        if "GET" not in rule.methods:
            continue
        for path in paths_of(rule, ids):
            answer = phone.client.get(path)
            found = [one for one in (*SECRET, *others) if one in answer.text]
            assert not found, f"{path} shows {who} {found}"
            own = () if path == OWN_CONTACT else (EMAIL, MOBILE)
            assert not [one for one in own if one in answer.text], f"{path} is not masked"
            shown += answer.status_code == 200
            answer.close()
    assert shown > 10


def test_own_contact_is_shown_whole_only_where_it_is_corrected(
    pages: House, outside: Outside, ids: list[str]
) -> None:
    phone = Phone(composition.assemble(pages), outside).sign_in(MEI)
    assert EMAIL in phone.get(OWN_CONTACT).text
    assert EMAIL[-12:] in phone.get("/liff/account").text


WORDS = (*Command, *StaffVerb)


@pytest.mark.parametrize("who", PEOPLE)
def test_no_word_in_the_chat_brings_out_what_is_kept_sealed(
    pages: House, ids: list[str], who: str
) -> None:
    line_user_id, others = PEOPLE[who]
    for word in WORDS:
        for text in (word, f"{word} 603", f"{word} {NUMBER}", f"{word} 王小明"):
            answer = hear(pages, make_text(text, user=line_user_id))
            told = json.dumps(answer.messages, ensure_ascii=False)
            found = [one for one in (*SECRET, *others, EMAIL, MOBILE) if one in told]
            assert not found, f"{text} tells {who} {found}"
