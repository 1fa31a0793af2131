"""Headers of rosters and of paper slips: one reader, which names all that is wrong."""

import pytest

from core.order_files import columns as slips
from core.order_files.columns import SlipColumn
from core.roster import columns as roster
from core.roster.columns import Column
from core.roster.faults import Fault, RosterError
from core.roster.header import read_header


def test_columns_are_found_in_any_order_width_and_language() -> None:
    cells = ["手 機", "備註", "Student_Number", "項目", "ＩＴＥＭＳ２"]
    assert read_header(cells, slips.CHINESE, slips.OPTIONAL) == {
        SlipColumn.PHONE: 0,
        SlipColumn.STUDENT_NUMBER: 2,
        SlipColumn.ITEMS: 3,
    }


def test_all_that_is_wrong_with_a_header_is_named_at_once() -> None:
    cells = ["學號", "手機", "student_number", "phone", "學號"]
    with pytest.raises(RosterError) as raised:
        read_header(cells, slips.CHINESE, slips.OPTIONAL)
    assert raised.value.faults == [
        Fault(None, None, "header", "項目"),
        Fault(1, SlipColumn.STUDENT_NUMBER, "column_twice"),
        Fault(1, SlipColumn.PHONE, "column_twice"),
        Fault(1, SlipColumn.STUDENT_NUMBER, "column_twice"),
    ]


def test_what_is_known_without_the_file_need_not_stand_in_it() -> None:
    needed = [one for one in Column if one not in roster.OPTIONAL | {Column.SCHOOL_CODE}]
    cells = [roster.CHINESE[one] for one in needed]
    known = roster.OPTIONAL | {Column.SCHOOL_CODE}
    assert list(read_header(cells, roster.CHINESE, known)) == needed
    with pytest.raises(RosterError) as raised:
        read_header(cells, roster.CHINESE, roster.OPTIONAL)
    assert raised.value.faults == [Fault(None, None, "header", "學校代碼")]
