"""Days and times in a request: at the calendar's edges no page breaks, and nothing is written."""

from datetime import date, datetime, time

import pytest

from core.clock import TAIPEI
from liff.moments import parse_clock, parse_day, parse_moment
from tests.liff.conftest import Family
from tests.liff.desk import ADMIN, OFFICER, StaffPhone
from tests.liff.phone import Phone
from tests.liff.test_staff_announcements import FOR_CLASS
from tests.liff.test_staff_announcements import WISH as ANNOUNCED

EDGES = ["0001-01-01", "0001-12-31", "1911-12-31", "2200-01-01", "9999-12-31", "99999-01-01", "x"]
MIDNIGHT = "T00:00"
TERM = {"term": "115/2", "source": "北市教國字第 1 號"}
CLOSED = {"part": "whole", "source": "校長"}


@pytest.mark.parametrize("text", EDGES)
def test_edges_of_the_calendar_are_no_days(text: str) -> None:
    assert parse_day(text) is None
    assert parse_moment(f"{text}{MIDNIGHT}") is None


def test_days_moments_and_times_are_read_as_taipei_says_them() -> None:
    assert parse_day(" 1912-01-01 ") == date(1912, 1, 1)
    assert parse_moment("2026-11-23T20:05") == datetime(2026, 11, 23, 20, 5, tzinfo=TAIPEI)
    assert parse_clock("07:50:31+08:00") == time(7, 50)
    assert parse_clock("24:10") is None


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("page", ["report?day", "export?day", "calendar?month", "calendar/day?day"])
def test_staff_page_opens_on_its_usual_day(staff_phone: StaffPhone, page: str, edge: str) -> None:
    admin, where = staff_phone(ADMIN), f"/liff/staff/{page}="
    asked = edge[:7] if "month" in page else edge
    assert admin.text(f"{where}{asked}") == admin.text(where)


@pytest.mark.parametrize("edge", EDGES)
def test_childs_page_opens_on_its_usual_week(mei: Phone, family: Family, edge: str) -> None:
    assert mei.text(f"{family.page}?week={edge}&day={edge}") == mei.text(family.page)


@pytest.mark.parametrize("edge", EDGES)
def test_held_cut_off_of_no_day_is_not_there(staff_phone: StaffPhone, edge: str) -> None:
    where = f"/liff/staff/held/answer?cutoff=08:30&answer=release&day={edge}"
    assert staff_phone(OFFICER).get(where).status_code == 404


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize(
    ("form", "fields", "day_field"),
    [
        ("closures/new", {**CLOSED, "source_at": "2026-11-23T07:00"}, "day"),
        ("calendar/day", {"kind": "off", "reason": "校慶"}, "day"),
        ("calendar/term", {**TERM, "last_day": "2027-06-30"}, "first_day"),
        ("calendar/term", {**TERM, "first_day": "2027-02-11"}, "last_day"),
        ("policy/new", {"cutoff": "08:20"}, "day"),
        ("policy/new", {"cutoff": "08:20", "weekday": "1"}, "from_day"),
    ],
)
def test_staff_form_asks_for_a_day(
    staff_phone: StaffPhone, form: str, fields: dict[str, str], day_field: str, edge: str
) -> None:
    sent = staff_phone(ADMIN).post(f"/liff/staff/{form}", {**fields, day_field: edge, "sure": "1"})
    assert sent.status_code == 422
    assert "請選擇日期" in sent.text


@pytest.mark.parametrize("edge", EDGES)
def test_moment_of_no_day_is_asked_for_again(staff_phone: StaffPhone, edge: str) -> None:
    officer, moment = staff_phone(OFFICER), f"{edge}{MIDNIGHT}"
    closure = {**CLOSED, "day": "2026-11-24", "source_at": moment, "sure": "1"}
    sent = officer.post("/liff/staff/closures/new", closure)
    assert (sent.status_code, "請填公布的日期和時間" in sent.text) == (422, True)
    announcement = {**ANNOUNCED, **FOR_CLASS, "publish_from": moment, "sure": "1"}
    sent = officer.post("/liff/staff/announcements/new", announcement)
    assert (sent.status_code, "請填日期和時間，或留空白" in sent.text) == (422, True)


@pytest.mark.parametrize("edge", EDGES)
def test_guardians_form_asks_for_a_day(mei: Phone, family: Family, edge: str) -> None:
    leave = {"part": "whole", "reason": "sick", "sure": "1", "binding_id": family.binding_id}
    for first, last in ((edge, ""), ("2026-11-24", edge)):
        sent = mei.post("/liff/leaves/new", {**leave, "first_day": first, "last_day": last})
        assert (sent.status_code, "請選擇日期" in sent.text) == (422, True)
    wish = {"day": edge, "direction": "in", "time": "07:10", "reason": "forgotten"}
    assert mei.post(f"{family.page}/make-up", wish).status_code == 422
    invited = mei.post(f"{family.page}/delegates", {"label": "club", "until": edge})
    assert (invited.status_code, "請選擇日期" in invited.text) == (422, True)
    assert mei.get(f"/liff/leaves/new?first_day={edge}").status_code == 200
