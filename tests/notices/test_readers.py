"""One happening, several readers: each is told in what they read."""

from datetime import date, datetime, time
from uuid import UUID, uuid4

import orjson
import pytest
from sqlmodel import Session, select

from core.clock import school_day_of
from core.db import snapshot, transaction
from core.house import House
from core.kinds import DayPart, NoticeKind
from core.languages.language import Language
from core.languages.speech import speaking
from core.notices.closure_notices import ClosureNews, tell_closures
from core.notices.fan_out import tell_no_shows
from core.notices.leave_notices import LeaveNews, tell_leave
from core.notices.stops import cancel_no_shows
from core.notices.tables import Notice
from core.people.tables import Student
from tests.factories import DESK, HUA, MEI, make_binding, make_guardian, make_school, make_student

LIFF_ID = "1650000000-sandbox1"
TUESDAY, THURSDAY = date(2026, 11, 24), date(2026, 11, 26)


@pytest.fixture
def ming(house: House) -> UUID:
    """Ming, bound to Mei, who agreed in Vietnamese, and to Hua, who did in Chinese."""
    with transaction(house.engine) as session:
        make_school(session)
        student = make_student(session, house)
        with speaking(Language.VIETNAMESE):
            make_binding(session, make_guardian(session, house, MEI), student)
        make_binding(session, make_guardian(session, house, HUA), student)
        return student.id


def told(session: Session) -> dict[str, str]:
    """Return what each is told, as one text."""
    rows = session.exec(select(Notice)).all()
    return {row.line_user_id: orjson.dumps(orjson.loads(row.content)).decode() for row in rows}


def miss(session: Session, student_id: UUID, now: datetime) -> int:
    """Tell that the child has not come; return how many notices are new."""
    return tell_no_shows(
        session,
        DESK,
        [student_id],
        school_day=school_day_of(now),
        cutoff=time(8, 30),
        heartbeat=now,
        now=now,
    )


def test_a_no_show_is_told_to_each_guardian_in_their_language(house: House, ming: UUID) -> None:
    now = house.clock.now()
    with transaction(house.engine) as session:
        miss(session, ming, now)
        said = told(session)

    assert "Đến 08:30 chưa thấy 小明 quẹt thẻ" in said[MEI]
    assert "Xem hôm nay" in said[MEI]
    assert "小明截至 08:30 尚無刷卡紀錄" in said[HUA]


def test_a_no_show_that_holds_is_not_said_again_one_called_off_is(house: House, ming: UUID) -> None:
    now = house.clock.now()
    with transaction(house.engine) as session:
        assert [miss(session, ming, now), miss(session, ming, now)] == [2, 0]
        cancel_no_shows(session, [ming], school_day_of(now), now)
        assert [miss(session, ming, now), miss(session, ming, now)] == [2, 0]


def test_a_leave_of_several_days_is_said_in_each_language(house: House, ming: UUID) -> None:
    news = LeaveNews(
        leave_id=uuid4(),
        student_id=ming,
        first_day=TUESDAY,
        last_day=THURSDAY,
        part=DayPart.WHOLE,
        kind=NoticeKind.LEAVE_OTHER,
        is_by_school=False,
    )
    with transaction(house.engine) as session:
        tell_leave(session, LIFF_ID, news, but=(), now=house.clock.now())
        said = told(session)

    assert "Phụ huynh khác đã xin nghỉ cho 小明: 24/11 (T3), đến 26/11, cả ngày." in said[MEI]
    assert "另一位家長替小明請假：11/24（二）–11/26 全天。" in said[HUA]


def test_a_closure_is_told_in_each_language(house: House, ming: UUID) -> None:
    news = ClosureNews(
        closure_id=uuid4(),
        scope="全市",
        day=TUESDAY,
        part="全天",
        source="臺北市政府",
        source_at=house.clock.now(),
    )
    with transaction(house.engine) as session:
        tell_closures(session, news, select(Student.id), house.clock.now())
        said = told(session)

    assert "24/11 (T3), cả ngày: nghỉ học." in said[MEI]
    assert "11/24（二）全天停課" in said[HUA]


def test_who_speaks_makes_no_difference_to_who_reads(house: House, ming: UUID) -> None:
    now = house.clock.now()
    with transaction(house.engine) as session, speaking(Language.JAPANESE):
        miss(session, ming, now)
    with snapshot(house.engine) as session:
        assert "尚無刷卡紀錄" in told(session)[HUA]
