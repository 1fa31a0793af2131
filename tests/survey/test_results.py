"""Counts of groups in which nobody stands alone."""

import csv
import io
from collections.abc import Sequence
from uuid import uuid4

import pytest
from sqlalchemy import insert

from core.db import snapshot, table_of, transaction
from core.house import House
from core.survey.questions import Aspect
from core.survey.replies import COMMENT
from core.survey.results import LEAST, Result, answered_terms, comments, results, to_csv
from core.survey.tables import SurveyReply
from core.survey.terms import SurveyTerm
from tests.factories import make_school

TERM = SurveyTerm(115, 1)


def plant(
    house: House,
    values: Sequence[int | None],
    *,
    school_code: str | None = "353607",
    term: SurveyTerm = TERM,
    comment: str = "",
) -> None:
    """As many replies as values, to the first question."""
    with transaction(house.engine) as session:
        for value in values:
            session.execute(
                insert(table_of(SurveyReply)).values(
                    respondent_index=house.vault.index(str(uuid4()), "survey_reply.respondent"),
                    school_year=term.school_year,
                    term=term.number,
                    school_code=school_code,
                    last_day=term.last_day,
                    speed=value,
                    comment_sealed=house.vault.seal(comment, COMMENT) if comment else None,
                )
            )


@pytest.fixture
def school(house: House) -> str:
    with transaction(house.engine) as session:
        make_school(session, "353608")
        return make_school(session).code


def speed(house: House, school_code: str | None) -> Result:
    with snapshot(house.engine) as session:
        return results(session, TERM, school_code)[0]


def test_counts_have_a_place_for_every_answer(house: House, school: str) -> None:
    plant(house, [5, 5, 4, 1, 1, None])
    found = speed(house, school)
    assert found.counts == {5: 2, 4: 1, 3: 0, 2: 0, 1: 2}
    assert (found.number, found.average) == (5, 3.2)


def test_group_below_five_is_not_shown(house: House, school: str) -> None:
    # A skipped question does not make a group larger.
    plant(house, [5] * (LEAST - 1) + [None] * 10)
    assert speed(house, school).counts is None
    plant(house, [5])
    assert speed(house, school).counts is not None


def test_school_sees_its_own_and_the_city_sees_all(house: House, school: str) -> None:
    plant(house, [5] * 5)
    plant(house, [1] * 6, school_code="353608")
    plant(house, [3] * 7, school_code=None)
    plant(house, [2] * 8, term=SurveyTerm(114, 2))
    assert speed(house, school).counts == {5: 5, 4: 0, 3: 0, 2: 0, 1: 0}
    assert speed(house, None).counts == {5: 5, 4: 0, 3: 7, 2: 0, 1: 6}


def test_other_questions_stay_empty(house: House, school: str) -> None:
    plant(house, [5] * 5)
    with snapshot(house.engine) as session:
        found = results(session, TERM, school)
    assert [one.aspect for one in found] == list(Aspect)
    assert [one.counts for one in found[1:]] == [None] * 4


def test_comments_of_few_are_not_shown(house: House, school: str) -> None:
    plant(house, [5] * (LEAST - 1), comment="慢")
    with snapshot(house.engine) as session:
        assert comments(session, house.vault, TERM, school) == []
    plant(house, [5])
    with snapshot(house.engine) as session:
        assert comments(session, house.vault, TERM, school) == ["慢"] * (LEAST - 1)


def test_terms_are_listed_newest_first(house: House, school: str) -> None:
    plant(house, [5], term=SurveyTerm(114, 2))
    plant(house, [5, 5])
    with snapshot(house.engine) as session:
        assert answered_terms(session) == [TERM, SurveyTerm(114, 2)]


def test_file_has_numbers_and_says_where_there_are_too_few() -> None:
    found = [Result(Aspect.SPEED, {5: 3, 4: 2, 3: 0, 2: 0, 1: 1}), Result(Aspect.SETUP, None)]
    lines = list(csv.reader(io.StringIO(to_csv(found).decode("utf-8-sig"), newline="")))
    assert lines[0] == ["題目", "非常滿意", "滿意", "普通", "不滿意", "非常不滿意", "回答人數"]
    assert lines[1][1:] == ["3", "2", "0", "0", "1", "6"]
    assert lines[2][1:] == ["", "", "", "", "", "未滿 5"]
