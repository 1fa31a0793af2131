"""The topics: one way from 立即申辦 to the badge, and no button that sends nothing."""

import re
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from core.audit import AuditEntry
from core.binding.tables import BindingRequest
from core.db import snapshot, table_of, transaction
from core.house import House
from core.notices.closure_notices import ClosureNews, tell_closures
from core.notices.tables import Notice
from core.people.tables import Guardian, Student, Subscription
from core.topics.tables import TopicChoice
from core.topics.topics import TOPICS, Source
from tests.factories import HUA, MEI
from tests.liff.conftest import Family
from tests.liff.outside import Outside
from tests.liff.phone import Phone, text_of
from tests.liff.test_binding import FACTS

TOPICS_PAGE = "/liff/topics"
APPLY = f"{TOPICS_PAGE}/apply"
CLOSURES = f"{TOPICS_PAGE}/closures"
NEW = "U" + "c" * 32


def choices(house: House) -> list[tuple[str, bool]]:
    with snapshot(house.engine) as session:
        rows = session.execute(select(table_of(TopicChoice))).mappings()
        return [(row["topic"], row["is_on"]) for row in rows]


def badges(page: str) -> int:
    return page.count('class="subscribed"')


def close_school(house: House) -> None:
    """The school is closed on the next day."""
    now = house.clock.now()
    news = ClosureNews(
        closure_id=uuid4(),
        scope="全市",
        day=now.date(),
        part="全天",
        source="臺北市政府",
        source_at=now,
    )
    with transaction(house.engine) as session:
        tell_closures(session, news, select(col(Student.id)), now)


def told_of_closures(house: House) -> list[str | None]:
    with snapshot(house.engine) as session:
        kinds = select(col(Notice.line_user_id)).where(col(Notice.kind) == "closure_on")
        return list(session.scalars(kinds))


def untick(house: House) -> None:
    with transaction(house.engine) as session:
        session.execute(update(Subscription).values(is_on=False))


def test_one_visit_leads_from_the_list_to_the_badge(
    phone: Phone, pages: House, outside: Outside, family: Family
) -> None:
    outside.be_member("pass-1")
    phone.sign_in(NEW)
    page = phone.get(TOPICS_PAGE).text
    assert badges(page) == 0
    assert f'href="{APPLY}">立即申辦' in page

    # Sign-in at Taipei Pass.
    start = phone.get(APPLY)
    assert start.location == "/liff/taipei-pass/start"
    phone.come_back(phone.go_to_pass())
    answer = phone.confirm()
    assert answer.location == APPLY

    # The child.
    answer = phone.get(APPLY)
    assert answer.location == "/liff/children/new?apply=1&note=linked"
    assert phone.get(answer.location).status_code == 200
    answer = phone.post("/liff/children/new", FACTS)
    child = answer.location.partition("?")[0]

    # The boxes, and back to the list.
    assert "最後一步" in phone.text(answer.location)
    answer = phone.post(child, {"line_arrival": "on"})
    assert answer.location == f"{TOPICS_PAGE}?note=applied"
    page = phone.get(answer.location).text
    assert "申辦完成" in page
    assert badges(page) == 2


def test_stranger_is_signed_in_and_comes_back(phone: Phone) -> None:
    page = phone.get(APPLY).text
    assert "正在開啟" in page
    assert 'data-next="/liff/topics/apply"' in page or APPLY in page


def test_proof_on_the_way_does_not_lose_the_way(hua: Phone, family: Family) -> None:
    where = hua.get(APPLY).location
    # Signing in anew empties the cookie; the address still says what it is a step of.
    hua.sign_in(HUA)
    hua.get(where)
    answer = hua.post("/liff/children/new", FACTS)
    child = answer.location.partition("?")[0]
    assert hua.post(child, {"line_arrival": "on"}).location == f"{TOPICS_PAGE}?note=applied"


def test_child_without_boxes_is_led_to_them(mei: Phone, pages: House, family: Family) -> None:
    untick(pages)
    assert badges(mei.get(TOPICS_PAGE).text) == 0
    assert mei.get(APPLY).location == f"{family.page}#boxes"
    assert "最後一步" in mei.text(family.page)
    answer = mei.post(family.page, {"line_arrival": "on"})
    assert answer.location == f"{TOPICS_PAGE}?note=applied"
    # The flow is over: the next change stays on the child's page.
    assert mei.post(family.page, {}).location.endswith("note=saved")


def test_unticking_everything_is_no_badge(mei: Phone, pages: House, family: Family) -> None:
    untick(pages)
    mei.get(APPLY)
    page = mei.get(mei.post(family.page, {}).location).text
    assert "申辦完成" not in page
    assert badges(page) == 0


def test_coming_to_the_list_by_oneself_ends_the_flow(
    mei: Phone, pages: House, family: Family
) -> None:
    untick(pages)
    mei.get(APPLY)
    mei.get(TOPICS_PAGE)
    assert mei.post(family.page, {"line_arrival": "on"}).location.endswith("note=saved")


def test_subscribed_guardian_is_not_led_through_it_again(mei: Phone) -> None:
    assert badges(mei.get(TOPICS_PAGE).text) == 2
    assert mei.get(APPLY).location == TOPICS_PAGE


def test_request_that_waits_for_the_school_is_not_sent_again(
    hua: Phone, pages: House, family: Family
) -> None:
    with transaction(pages.engine) as session:
        guardian = session.scalars(
            select(col(Guardian.id)).where(col(Guardian.id) != UUID(family.guardian_id))
        ).one()
        session.add(
            BindingRequest(
                guardian_id=guardian,
                student_id=UUID(family.student_id),
                relationship="father",
                proven_by="five_facts",
                asked_at=pages.clock.now(),
            )
        )
    text = hua.text(TOPICS_PAGE)
    assert "等學校確認" in text
    assert "立即申辦" not in text
    assert badges(hua.get(TOPICS_PAGE).text) == 0


def test_own_topic_lists_each_child_with_its_boxes(mei: Phone, family: Family) -> None:
    answer = mei.get(f"{TOPICS_PAGE}/arrivals")
    assert f'href="{family.page}#boxes"' in answer.text
    assert "小明 已勾選：到校、離校、未到校" in text_of(answer)


def test_leaving_closures_asks_first_and_is_dated(mei: Phone, pages: House, family: Family) -> None:
    assert "要退訂嗎？" in mei.text(CLOSURES)
    assert choices(pages) == []
    answer = mei.post(CLOSURES, {"answer": "off"})
    assert answer.status_code == 303
    page = mei.get(answer.location).text
    assert "已退訂" in page
    assert badges(page) == 1
    assert choices(pages) == [("closures", False)]
    with snapshot(pages.engine) as session:
        row = session.get_one(TopicChoice, (UUID(family.guardian_id), "closures"))
        assert row.changed_at == pages.clock.now()
        assert "topic.off" in session.scalars(select(col(AuditEntry.action))).all()


def test_left_topic_is_not_told_and_comes_back(mei: Phone, pages: House) -> None:
    mei.post(CLOSURES, {"answer": "off"})
    close_school(pages)
    assert told_of_closures(pages) == []
    assert "要訂閱嗎？" in mei.text(CLOSURES)
    mei.post(CLOSURES, {"answer": "on"})
    close_school(pages)
    assert told_of_closures(pages) == [MEI]
    assert choices(pages) == [("closures", True)]


def test_pressing_twice_keeps_the_first_moment(mei: Phone, pages: House) -> None:
    mei.post(CLOSURES, {"answer": "off"})
    mei.post(CLOSURES, {"answer": "off"})
    assert choices(pages) == [("closures", False)]
    with snapshot(pages.engine) as session:
        actions = session.scalars(select(col(AuditEntry.action))).all()
    assert actions.count("topic.off") == 1


def test_what_one_leaves_others_still_get(mei: Phone, hua: Phone, pages: House) -> None:
    hua.post("/liff/children/new", FACTS)
    mei.post(CLOSURES, {"answer": "off"})
    close_school(pages)
    assert told_of_closures(pages) == [HUA]


@pytest.mark.parametrize("fields", [{}, {"answer": "maybe"}])
def test_other_answers_change_nothing(mei: Phone, pages: House, fields: dict[str, str]) -> None:
    assert mei.post(CLOSURES, fields).status_code == 303
    assert choices(pages) == []


@pytest.mark.parametrize("key", [one.key for one in TOPICS if one.source is Source.ELSEWHERE])
def test_what_we_do_not_send_has_no_button(mei: Phone, pages: House, key: str) -> None:
    assert mei.get(f"{TOPICS_PAGE}/{key}").status_code == 404
    answer = mei.post(f"{TOPICS_PAGE}/{key}", {"answer": "on"}, form_at="/liff/account")
    assert answer.status_code == 404
    assert choices(pages) == []


def test_each_of_the_others_says_where_it_is_to_be_had(mei: Phone) -> None:
    text = mei.text(TOPICS_PAGE)
    for topic in TOPICS:
        assert topic.name in text
        assert topic.whose in text
        assert bool(topic.where) is (topic.source is Source.ELSEWHERE)
        assert topic.where in text


def test_app_that_no_school_offers_is_said_not_to_be_offered(mei: Phone, hua: Phone) -> None:
    assert "酷課 APP 推播 本學期未提供" in mei.text(TOPICS_PAGE)
    # Who has no child is told of no school.
    assert "本學期未提供" not in hua.text(TOPICS_PAGE)


def test_stranger_sees_nobodys_topics(hua: Phone, pages: House, family: Family) -> None:
    assert badges(hua.get(TOPICS_PAGE).text) == 0
    assert hua.get(CLOSURES).location == APPLY
    assert hua.get(APPLY).location.startswith("/liff/children/new")


def test_who_may_only_look_changes_no_topic(mei: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        session.execute(update(Guardian).values(verify_level="0"))
    mei.sign_in(MEI)
    assert badges(mei.get(TOPICS_PAGE).text) == 2
    assert not re.search(r'name="answer"', mei.get(CLOSURES).text)
    assert mei.post(CLOSURES, {"answer": "off"}, form_at="/liff/account").status_code == 403
    assert choices(pages) == []


def test_home_leads_here(mei: Phone) -> None:
    assert f'href="{TOPICS_PAGE}"' in mei.get("/liff/home").text
