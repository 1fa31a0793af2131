"""A bubble forwarded to somebody else: its buttons do nothing there, and it is recorded."""

import pytest
from sqlmodel import select

from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.house import House
from core.postback import Action, PostbackCodec, Press
from tests.bot.conversation import hear
from tests.bot.happenings import make_postback
from tests.bot.line_limits import words_of
from tests.factories import HUA, MEI, make_binding, make_guardian, make_school, make_student
from tests.security.rows import changes, rows_of_all

WITHOUT_DETAIL = {Action.BACK}


@pytest.fixture
def student_id(house: House) -> str:
    """Mei's Ming; Hua is a guardian of nobody."""
    with transaction(house.engine) as session:
        make_school(session)
        student = make_student(session, house)
        make_binding(session, make_guardian(session, house), student)
        make_guardian(session, house, HUA, name="華大明")
    return student.id.hex


def press(house: House, action: Action, detail: str, *, made_for: str, by: str) -> list[str]:
    data = PostbackCodec(house.settings).seal(Press(action, detail), made_for, house.clock.now())
    return words_of(hear(house, make_postback(data, user=by)).messages)


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("stranger", [HUA, "U" + "c" * 32])
def test_forwarded_button_is_refused_politely_and_leaves_one_audit_entry(
    house: House, student_id: str, action: Action, stranger: str
) -> None:
    detail = "" if action in WITHOUT_DETAIL else student_id
    before = rows_of_all(house)
    said = press(house, action, detail, made_for=MEI, by=stranger)

    assert said[0] == "這個按鈕不能在這裡使用。"
    assert not any("小明" in words for words in said)
    assert {table for table, _ in changes(before, rows_of_all(house))} == {"audit_entry"}
    entry = entries(house)[-1]
    assert entry.action == "button.foreign"
    assert entry.subject.startswith(f"button:{action}")
    assert stranger not in entry.actor


def test_forged_and_old_buttons_leave_no_entry(house: House, student_id: str) -> None:
    count = len(entries(house))
    hear(house, make_postback("forged", user=HUA))
    assert len(entries(house)) == count


def entries(house: House) -> list[AuditEntry]:
    with snapshot(house.engine) as session:
        found = session.exec(select(AuditEntry)).all()
    return sorted(found, key=lambda one: one.action == "button.foreign")
