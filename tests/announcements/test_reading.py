"""A guardian reads what is for the own children; what is new stands out."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select, update

from core.announcements.audiences import Audience, reach_of
from core.announcements.reading import (
    NEWS_FOR,
    News,
    get_shown,
    list_announcements,
    mark_read,
    unread_news,
)
from core.announcements.tables import AnnouncementRead, Importance
from core.announcements.writing import (
    archive_announcement,
    publish_version,
    restore_announcement,
    revise_announcement,
)
from core.clock import TAIPEI
from core.db import transaction
from core.errors import AccessError
from core.people.tables import Binding, EnrollmentStatus, Student
from tests.announcements.conftest import CHEN, LATER, LIN, Town, publish, words

OWN_SCHOOL = Audience(school_code="353607")


def titles(session: Session, town: Town, who: str = "mei", **how: bool) -> list[str]:
    """What this guardian's list says."""
    archived = how.get("archived", False)
    found = list_announcements(session, getattr(town, who), town.now, archived=archived)
    return [one.title for one in found]


@pytest.mark.parametrize(
    ("audience", "mei", "hua"),
    [
        (Audience(), True, True),
        (Audience(district="中正區"), True, False),
        (Audience(level="國中"), False, True),
        (Audience(district="士林區", level="國中"), False, True),
        (OWN_SCHOOL, True, False),
        (Audience(school_code="353607", grade=6), True, False),
        (Audience(school_code="353607", homeroom="603"), True, False),
        (Audience(school_code="343501", homeroom="603"), False, True),
        (Audience(school_code="343501", grade=7), False, True),
    ],
)
def test_guardian_sees_what_is_for_the_own_children(
    town: Town, audience: Audience, mei: bool, hua: bool
) -> None:
    with transaction(town.house.engine) as session:
        announcement_id = publish(session, audience, town.now)
        assert bool(titles(session, town)) is mei
        assert bool(titles(session, town, "hua")) is hua
        reach = reach_of(session, audience)
        assert (reach.children, reach.guardians) == (mei + hua, mei + hua)
        for who, sees in ((town.mei, mei), (town.hua, hua)):
            if not sees:
                with pytest.raises(AccessError):
                    get_shown(session, who, announcement_id, town.now)


def test_city_is_for_guardians_without_children_too(town: Town) -> None:
    with transaction(town.house.engine) as session:
        session.execute(update(Binding).values(ended_at=town.now, ended_by="guardian"))
        publish(session, Audience(), town.now)
        publish(session, OWN_SCHOOL, town.now)
        assert len(titles(session, town)) == 1


def test_child_who_left_the_school_takes_its_announcements_along(town: Town) -> None:
    with transaction(town.house.engine) as session:
        publish(session, OWN_SCHOOL, town.now)
        session.execute(update(Student).values(status=EnrollmentStatus.TRANSFERRED))
        assert titles(session, town) == []


@pytest.mark.parametrize("narrow", [{"homeroom": "603"}, {"grade": 6}])
def test_next_years_class_of_that_name_reads_nothing_of_this_years(
    town: Town, narrow: dict[str, Any]
) -> None:
    with transaction(town.house.engine) as session:
        old = publish(session, Audience(school_code="353607", **narrow), town.now)
        publish(session, OWN_SCHOOL, town.now)
        # Who was told something for the summer still reads it there.
        town.house.clock.move_to(datetime(2027, 8, 20, 9, 0, tzinfo=TAIPEI))
        assert len(titles(session, town)) == 2
        town.house.clock.move_to(datetime(2027, 9, 1, 9, 0, tzinfo=TAIPEI))
        assert len(titles(session, town)) == 1
        with pytest.raises(AccessError):
            get_shown(session, town.mei, old, town.now)
        publish(session, Audience(school_code="353607", **narrow), town.now)
        assert len(titles(session, town)) == 2


def test_two_children_at_one_school_show_it_once(town: Town) -> None:
    with transaction(town.house.engine) as session:
        other = session.exec(select(Student).where(Student.student_number == "5")).one()
        other.school_code = "353607"
        session.add(other)
        binding = session.exec(select(Binding).where(Binding.student_id == other.id)).one()
        binding.guardian_id = town.mei
        session.add(binding)
        session.flush()
        publish(session, OWN_SCHOOL, town.now)
        assert len(titles(session, town)) == 1
        assert reach_of(session, OWN_SCHOOL).guardians == 1


def test_nobody_sees_it_before_its_moment(town: Town) -> None:
    with transaction(town.house.engine) as session:
        at = town.now + LATER
        announcement_id = publish(session, OWN_SCHOOL, town.now, publish_from=at)
        early = list_announcements(
            session, town.mei, at - timedelta(microseconds=1), archived=False
        )
        assert early == []
        assert get_shown(session, town.mei, announcement_id, at).shown_from == at


def test_archived_ones_are_among_those_of_the_past_and_come_back(town: Town) -> None:
    with transaction(town.house.engine) as session:
        announcement_id = publish(session, OWN_SCHOOL, town.now)
        archive_announcement(session, announcement_id, LIN, town.now)
        assert titles(session, town) == []
        assert titles(session, town, archived=True) == ["校外教學集合時間"]
        assert unread_news(session, town.mei, town.now) == News()
        restore_announcement(session, announcement_id, LIN, town.now)
        assert len(titles(session, town)) == 1


def test_newest_come_first_ten_at_a_time(town: Town) -> None:
    with transaction(town.house.engine) as session:
        for number in range(12):
            at = town.now - timedelta(hours=number)
            publish(session, OWN_SCHOOL, at, title=f"第 {number} 則")
        first = list_announcements(session, town.mei, town.now, archived=False)
        rest = list_announcements(session, town.mei, town.now, archived=False, skip=10)
    assert [one.title for one in first + rest] == [f"第 {number} 則" for number in range(12)]
    assert len(first) == 10


def test_what_was_opened_is_read_for_this_guardian_alone(town: Town) -> None:
    with transaction(town.house.engine) as session:
        announcement_id = publish(session, Audience(), town.now)
        shown = get_shown(session, town.mei, announcement_id, town.now)
        assert shown.is_unread
        for _ in range(2):
            mark_read(session, town.mei, shown, town.now)
        assert not get_shown(session, town.mei, announcement_id, town.now).is_unread
        assert unread_news(session, town.mei, town.now) == News()
        assert unread_news(session, town.hua, town.now).unread == 1


def test_changed_words_are_unread_again_once_they_are_published(town: Town) -> None:
    with transaction(town.house.engine) as session:
        announcement_id = publish(session, OWN_SCHOOL, town.now)
        mark_read(
            session, town.mei, get_shown(session, town.mei, announcement_id, town.now), town.now
        )
        changed = words(town.now, title="集合時間更改")
        later = town.now + LATER
        revise_announcement(session, announcement_id, changed, seen=1, by=LIN, now=later)
        old = get_shown(session, town.mei, announcement_id, later)
        assert (old.title, old.is_unread, old.changed_at) == ("校外教學集合時間", False, None)
        publish_version(session, announcement_id, 2, CHEN, later)
        new = get_shown(session, town.mei, announcement_id, later)
        assert (new.title, new.is_unread) == ("集合時間更改", True)
        # It stays where it stood, and says since when it reads otherwise.
        assert (new.shown_from, new.changed_at) == (town.now, later)


def test_an_old_page_opened_late_does_not_forget_a_newer_reading(town: Town) -> None:
    with transaction(town.house.engine) as session:
        announcement_id = publish(session, OWN_SCHOOL, town.now)
        old = get_shown(session, town.mei, announcement_id, town.now)
        revise_announcement(session, announcement_id, words(town.now), seen=1, by=LIN, now=town.now)
        publish_version(session, announcement_id, 2, CHEN, town.now)
        mark_read(
            session, town.mei, get_shown(session, town.mei, announcement_id, town.now), town.now
        )
        mark_read(session, town.mei, old, town.now)
        assert session.exec(select(col(AnnouncementRead.number))).one() == 2


def test_old_ones_are_no_news(town: Town) -> None:
    with transaction(town.house.engine) as session:
        publish(session, OWN_SCHOOL, town.now)
        last = town.now + NEWS_FOR
        assert unread_news(session, town.mei, last - timedelta(seconds=1)).unread == 1
        assert unread_news(session, town.mei, last).unread == 0


def test_news_tells_what_matters_most_and_counts_the_rest(town: Town) -> None:
    with transaction(town.house.engine) as session:
        for minutes, importance in enumerate(
            (Importance.NORMAL, Importance.IMPORTANT, Importance.URGENT, Importance.IMPORTANT)
        ):
            at = town.now - timedelta(minutes=minutes)
            publish(session, OWN_SCHOOL, at, title=f"{minutes}", importance=importance)
        news = unread_news(session, town.mei, town.now)
        assert (news.unread, news.pressing, news.title) == (4, 3, "2")
