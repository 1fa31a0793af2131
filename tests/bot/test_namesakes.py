"""Two children of one guardian who share a name: neither is ever taken for the other."""

from datetime import date

import pytest
from sqlmodel import select

from bot.leave_words import read_leave
from core.attendance.tables import Leave
from core.db import snapshot, transaction
from core.house import House
from core.people.guardians import find_guardian
from core.people.tables import Student
from tests.bot.line_limits import words_of
from tests.bot.staff_room import labels, press, tell
from tests.factories import MEI, make_binding, make_school, make_student

MONDAY = date(2026, 11, 23)
OTHER = "373602"


def add_child(house: House, name: str, school_code: str = OTHER) -> Student:
    with transaction(house.engine) as session:
        if school_code == OTHER:
            make_school(session, OTHER, short_name="溪光國小")
        guardian = find_guardian(session, MEI)
        assert guardian is not None
        student = make_student(session, house, name=name, number="2", school_code=school_code)
        make_binding(session, guardian, student)
    return student


def asked_first(house: House, text: str) -> str:
    return words_of(tell(house, text, MEI).messages)[0]


def chips(house: House, text: str) -> list[dict[str, str]]:
    items = tell(house, text, MEI).messages[-1]["quickReply"]["items"]
    return [item["action"] for item in items]


def test_each_of_two_namesakes_can_be_given_a_leave(house: House, ming: Student) -> None:
    other = add_child(house, ming.name)
    for chip in chips(house, "請假 明天 病假"):
        press(house, tell(house, chip["text"], MEI), "送出", MEI)

    with snapshot(house.engine) as session:
        filed = {leave.student_id for leave in session.exec(select(Leave))}
    assert filed == {ming.id, other.id}


def test_namesakes_are_called_by_their_schools(house: House, ming: Student) -> None:
    add_child(house, ming.name)

    said = {chip["label"] for chip in chips(house, "訂閱")}

    assert said == {"王小明（榕光國小）", "王小明（溪光國小）"}


@pytest.mark.parametrize("school_code", [OTHER, "353607"])
@pytest.mark.parametrize("text", ["請假 小明 明天", "請假 王小明 明天"])
def test_a_shared_name_is_asked_about(
    house: House, ming: Student, text: str, school_code: str
) -> None:
    add_child(house, "王小明" if text == "請假 王小明 明天" else "李小明", school_code)

    assert asked_first(house, text) == "替哪位孩子請假？"


def test_a_shared_given_name_is_still_a_childs_own(house: House, ming: Student) -> None:
    add_child(house, "李小明")

    assert "請學校確認王小明" in labels(tell(house, "小明不見了", MEI))


def test_a_name_of_two_names_neither() -> None:
    names = [("王小明（榕光國小）", "王小明"), ("王小明（溪光國小）", "王小明")]

    def child(text: str) -> int | None:
        return read_leave(text, names, MONDAY).child

    assert child("請假 王小明 明天") is None
    assert child("請假 王小明（溪光國小） 明天") == 1
