"""One reply a guardian and term, under a name that only the keys can make."""

import threading
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from core.clock import TAIPEI
from core.crypto import Vault, new_key, parse_keys
from core.db import snapshot, table_of, transaction
from core.errors import InputError
from core.house import House
from core.survey.questions import Aspect
from core.survey.replies import (
    LONGEST_COMMENT,
    Reply,
    reply_of,
    respondent_names,
    save_answer,
    save_comment,
)
from core.survey.tables import SurveyReply
from core.survey.terms import SurveyTerm, survey_term_of
from tests.factories import HUA, make_binding, make_guardian, make_school, make_student

NOW = datetime(2026, 11, 23, 7, 20, tzinfo=TAIPEI)
NEXT_TERM = datetime(2027, 3, 1, 7, 20, tzinfo=TAIPEI)


@pytest.fixture
def mei(house: House) -> UUID:
    """Mei, bound to Ming."""
    with transaction(house.engine) as session:
        make_school(session)
        guardian = make_guardian(session, house)
        make_binding(session, guardian, make_student(session, house))
        return guardian.id


def rows(house: House) -> list[dict[str, object]]:
    with snapshot(house.engine) as session:
        found = session.execute(select(table_of(SurveyReply))).mappings()
        return [dict(one) for one in found]


def answer(
    house: House,
    guardian_id: UUID,
    value: int | None,
    aspect: Aspect = Aspect.SPEED,
    now: datetime = NOW,
    vault: Vault | None = None,
) -> None:
    with transaction(house.engine) as session:
        save_answer(session, vault or house.vault, guardian_id, aspect, value, now)


def said(house: House, guardian_id: UUID, now: datetime = NOW) -> Reply:
    with snapshot(house.engine) as session:
        return reply_of(session, house.vault, guardian_id, now)


@pytest.mark.parametrize(
    ("day", "term", "last_day"),
    [
        (date(2026, 8, 1), SurveyTerm(115, 1), date(2027, 1, 31)),
        (date(2027, 1, 31), SurveyTerm(115, 1), date(2027, 1, 31)),
        (date(2027, 2, 1), SurveyTerm(115, 2), date(2027, 7, 31)),
        (date(2027, 7, 31), SurveyTerm(115, 2), date(2027, 7, 31)),
        (date(2027, 8, 1), SurveyTerm(116, 1), date(2028, 1, 31)),
    ],
)
def test_every_day_belongs_to_a_term(day: date, term: SurveyTerm, last_day: date) -> None:
    assert survey_term_of(day) == term
    assert term.last_day == last_day


def test_changed_answer_takes_the_place_of_the_earlier(house: House, mei: UUID) -> None:
    answer(house, mei, 1)
    answer(house, mei, 5)
    answer(house, mei, 2, Aspect.OVERALL)
    assert len(rows(house)) == 1
    assert said(house, mei).answers == {Aspect.SPEED: 5, Aspect.OVERALL: 2}


def test_row_names_nobody(house: House, mei: UUID) -> None:
    answer(house, mei, 4)
    [row] = rows(house)
    assert not {mei, str(mei)} & {value for value in row.values() if value is not None}
    assert str(mei) not in str(row)
    assert row["school_code"] == "353607"
    assert "guardian_id" not in row


def test_next_term_is_another_row_that_does_not_hang_together(house: House, mei: UUID) -> None:
    answer(house, mei, 4)
    answer(house, mei, 2, now=NEXT_TERM)
    first, second = rows(house)
    assert first["respondent_index"] != second["respondent_index"]
    assert said(house, mei).answers == {Aspect.SPEED: 4}
    assert said(house, mei, NEXT_TERM).answers == {Aspect.SPEED: 2}


def test_two_taps_at_once_leave_one_row(house: House, mei: UUID) -> None:
    start = threading.Barrier(4)

    def tap(value: int) -> None:
        start.wait()
        answer(house, mei, value)

    threads = [threading.Thread(target=tap, args=[value]) for value in (1, 2, 3, 4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(rows(house)) == 1


def test_new_index_key_gives_no_second_reply(house: House, mei: UUID) -> None:
    answer(house, mei, 4)
    keys = f"{new_key('i9')},{house.settings.index_keys.get_secret_value()}"
    data = parse_keys(house.settings.data_keys.get_secret_value())
    newer = Vault(data, parse_keys(keys))
    answer(house, mei, 1, vault=newer)
    assert len(rows(house)) == 1
    assert said(house, mei).answers == {Aspect.SPEED: 1}


def test_what_is_skipped_leaves_nothing(house: House, mei: UUID) -> None:
    answer(house, mei, None)
    assert rows(house) == []
    answer(house, mei, 3)
    answer(house, mei, None)
    assert rows(house) == []


@pytest.mark.parametrize("value", [0, 6, -1])
def test_answer_that_is_none_is_refused(house: House, mei: UUID, value: int) -> None:
    with pytest.raises(InputError):
        answer(house, mei, value)
    with pytest.raises(IntegrityError), transaction(house.engine) as session:
        session.execute(
            insert(table_of(SurveyReply)).values(
                respondent_index="i0:eA==",
                school_year=115,
                term=1,
                last_day=NOW.date(),
                speed=value,
            )
        )


def test_comment_is_sealed_and_can_be_taken_back(house: House, mei: UUID) -> None:
    with transaction(house.engine) as session:
        save_comment(session, house.vault, mei, "刷卡機很快", NOW)
    assert "刷卡機很快" not in str(rows(house))
    assert said(house, mei).comment == "刷卡機很快"
    with transaction(house.engine) as session:
        save_comment(session, house.vault, mei, "  ", NOW)
    assert rows(house) == []


def test_comment_over_the_limit_is_refused(house: House, mei: UUID) -> None:
    with pytest.raises(InputError), transaction(house.engine) as session:
        save_comment(session, house.vault, mei, "長" * (LONGEST_COMMENT + 1), NOW)


def test_guardian_of_two_schools_counts_for_neither(house: House, mei: UUID) -> None:
    with transaction(house.engine) as session:
        make_school(session, "353608")
        father = make_guardian(session, house, HUA, name="華大明")
        for code, number in (("353607", "11510002"), ("353608", "11510003")):
            child = make_student(session, house, number=number, school_code=code)
            make_binding(session, father, child)
        father_id = father.id
    answer(house, father_id, 5)
    assert rows(house)[0]["school_code"] is None


def test_rights_find_every_term_of_one_person_and_of_nobody_else(house: House, mei: UUID) -> None:
    with transaction(house.engine) as session:
        hua = make_guardian(session, house, HUA, name="華大明").id
    answer(house, mei, 4, now=NOW - timedelta(days=200))
    answer(house, mei, 4)
    answer(house, hua, 4)
    with snapshot(house.engine) as session:
        mine = set(respondent_names(session, house.vault, mei))
    assert len(mine & {str(row["respondent_index"]) for row in rows(house)}) == 2
