"""From the inbox to LINE: one answer each, whatever fails in between."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import select

from bot.claims import LEASE, Claim, Outcome, claim_events
from bot.dispatch import Dispatcher
from bot.inbox import store_events
from bot.line_api import TIMEOUT
from bot.rich_menus import set_up
from bot.sender import REPLY_WINDOW, Sender
from bot.tables import EventState, LineEvent
from core.db import transaction
from core.house import House
from core.people.friends import is_friend
from tests.bot.conftest import with_line
from tests.bot.fake_line import BAD_TOKEN, FakeLine, closed_port
from tests.bot.happenings import make_event, make_follow, make_text, make_unfollow, seconds_ago
from tests.conftest import MONDAY_MORNING
from tests.factories import HUA, MEI, make_binding, make_guardian, make_school, make_student

ERROR = (500, {"message": "Internal error"})
REPLY = "/v2/bot/message/reply"


@pytest.fixture
def mei(bot_house: House) -> None:
    """Mei, bound to Ming."""
    with transaction(bot_house.engine) as session:
        make_school(session)
        student = make_student(session, bot_house)
        make_binding(session, make_guardian(session, bot_house), student)


def work_off(house: House, *events: dict[str, Any]) -> dict[str, str]:
    """Store the events, work until the inbox is quiet, and return each event's state."""
    with transaction(house.engine) as session:
        store_events(session, list(events), house.clock.now())
    dispatcher = Dispatcher(house)
    while dispatcher.work_once():
        pass
    with transaction(house.engine) as session:
        return {event.webhook_event_id: event.state for event in session.exec(select(LineEvent))}


def work_off_late(house: House, event: dict[str, Any]) -> dict[str, str]:
    """Store an event and come to it when its reply token is old."""
    with transaction(house.engine) as session:
        store_events(session, [event], house.clock.now())
    house.clock.move_to(house.clock.now() + REPLY_WINDOW + timedelta(seconds=1))
    return work_off(house)


def work_later(house: House, seconds: float) -> None:
    house.clock.move_to(house.clock.now() + timedelta(seconds=seconds))
    work_off(house)


def test_a_typed_word_is_answered_by_its_reply_token(
    bot_house: House, line: FakeLine, mei: None
) -> None:
    event = make_text("今天", at=seconds_ago(3))

    states = work_off(bot_house, event)

    assert list(states.values()) == [EventState.DONE]
    assert [reply["replyToken"] for reply in line.replies] == [event["replyToken"]]
    assert line.replies[0]["messages"][0]["altText"] == "小明：還沒刷卡（截止 08:30）"
    assert line.pushes == []


def test_a_repeated_event_is_answered_once(bot_house: House, line: FakeLine, mei: None) -> None:
    event = make_text("今天")
    again = event | {"deliveryContext": {"isRedelivery": True}}

    work_off(bot_house, event)
    work_off(bot_house, again)

    assert len(line.replies) == 1


def test_an_old_token_gives_way_to_a_push_with_a_key(
    bot_house: House, line: FakeLine, mei: None
) -> None:
    work_off_late(bot_house, make_text("今天"))

    assert line.replies == []
    assert line.pushes[0]["to"] == MEI
    assert UUID(line.paths("/message/push")[0].headers["x-line-retry-key"]).version == 5


def test_an_old_answer_that_does_not_matter_costs_no_push(bot_house: House, line: FakeLine) -> None:
    states = work_off_late(bot_house, make_text("謝謝"))

    assert (line.replies, line.pushes) == ([], [])
    assert list(states.values()) == [EventState.DONE]


@pytest.mark.parametrize("seconds", [-90, 90])
def test_a_clock_that_is_not_lines_still_answers(
    bot_house: House, line: FakeLine, seconds: int
) -> None:
    work_off(bot_house, make_text("謝謝", at=seconds_ago(seconds)))

    assert len(line.replies) == 1


def test_a_refused_token_gives_way_to_a_push(bot_house: House, line: FakeLine, mei: None) -> None:
    line.answers[REPLY] = [BAD_TOKEN]

    work_off(bot_house, make_text("今天"))

    assert len(line.pushes) == 1


def test_a_redelivered_event_may_still_use_its_token(
    bot_house: House, line: FakeLine, mei: None
) -> None:
    redelivered = {"deliveryContext": {"isRedelivery": True}}

    work_off(bot_house, make_text("今天", at=seconds_ago(300), **redelivered))

    assert (len(line.replies), line.pushes) == (1, [])


def test_a_failed_reply_is_tried_again(bot_house: House, line: FakeLine, mei: None) -> None:
    line.answers[REPLY] = [ERROR]

    states = work_off(bot_house, make_text("今天"))
    assert list(states.values()) == [EventState.PENDING]
    work_later(bot_house, 1)

    assert len(line.replies) == 2


def test_a_reply_that_got_through_unseen_is_not_said_twice(
    bot_house: House, line: FakeLine, mei: None
) -> None:
    line.answers[REPLY] = [ERROR, BAD_TOKEN]

    work_off(bot_house, make_text("今天"))
    work_later(bot_house, 1)

    assert (len(line.replies), line.pushes) == (2, [])


@pytest.mark.parametrize("said", [{}, {"sentMessages": "none"}, []])
def test_a_yes_that_cannot_be_read_is_a_yes(
    bot_house: House, line: FakeLine, mei: None, said: Any
) -> None:
    line.answers[REPLY] = [(200, said)]

    states = work_off(bot_house, make_text("今天"))

    assert list(states.values()) == [EventState.DONE]
    assert (len(line.replies), line.pushes) == (1, [])


class WorkerDied(BaseException):
    """The process ended before it could settle."""


def die_unsettled(house: House, monkeypatch: pytest.MonkeyPatch, *events: dict[str, Any]) -> None:
    """Answer the event, then end before it is settled."""

    answer = Dispatcher._work_off

    def answer_and_die(dispatcher: Dispatcher, claim: Claim) -> Outcome:
        answer(dispatcher, claim)
        raise WorkerDied

    with monkeypatch.context() as patch:
        patch.setattr(Dispatcher, "_work_off", answer_and_die)
        with pytest.raises(WorkerDied):
            work_off(house, *events)


def test_a_worker_that_dies_after_its_reply_is_not_repeated(
    bot_house: House, line: FakeLine, mei: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_unsettled(bot_house, monkeypatch, make_text("今天", event_id="one", at=seconds_ago(9)))

    work_later(bot_house, LEASE.total_seconds())

    tokens = {reply["replyToken"] for reply in line.replies}
    assert (len(line.replies), len(tokens), line.pushes) == (2, 1, [])
    assert work_off(bot_house) == {"one": EventState.DONE}


def test_a_worker_that_dies_before_its_reply_is_stood_in_for(
    bot_house: House, line: FakeLine, mei: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise WorkerDied

    with monkeypatch.context() as patch:
        patch.setattr(Sender, "send", die)
        with pytest.raises(WorkerDied):
            work_off(bot_house, make_text("今天"))
    work_later(bot_house, LEASE.total_seconds())

    assert (len(line.replies), line.pushes) == (1, [])


def test_what_was_perhaps_said_long_ago_is_not_pushed(
    bot_house: House, line: FakeLine, mei: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_unsettled(bot_house, monkeypatch, make_text("今天", event_id="one"))

    work_later(bot_house, 600)

    assert (len(line.replies), line.pushes) == (1, [])
    assert work_off(bot_house) == {"one": EventState.DONE}


def test_a_push_that_failed_after_a_refused_reply_is_tried_again(
    bot_house: House, line: FakeLine, mei: None
) -> None:
    line.answers = {REPLY: [BAD_TOKEN], "/v2/bot/message/push": [ERROR]}

    work_off(bot_house, make_text("今天"))
    work_later(bot_house, 1)

    keys = {call.headers["x-line-retry-key"] for call in line.paths("/message/push")}
    assert (len(line.replies), len(line.pushes), len(keys)) == (1, 2, 1)


def test_a_lease_ends_while_the_reply_token_is_young() -> None:
    calls = 2 * sum(TIMEOUT)

    assert timedelta(seconds=calls) < LEASE < REPLY_WINDOW - timedelta(seconds=10)


def test_a_greeting_is_in_one_workers_hands_however_slow_line_is(
    bot_house: House, line: FakeLine, mei: None
) -> None:
    set_up(bot_house)
    line.calls.clear()
    line.answers[REPLY] = [BAD_TOKEN]
    taken_twice: list[Claim] = []

    def take_long() -> None:
        now = bot_house.clock.now() + timedelta(seconds=sum(TIMEOUT))
        bot_house.clock.move_to(now)
        with transaction(bot_house.engine) as session:
            taken_twice.extend(claim_events(session, now, 1))

    line.meanwhile = take_long
    states = work_off(bot_house, make_follow())

    said = [call.path.rpartition("/")[2] for call in line.calls]
    assert said[1:4] == ["reply", "push", "list"]
    assert (len(said), line.linked.keys()) == (5, {MEI})
    assert taken_twice == []
    assert list(states.values()) == [EventState.DONE]


def test_a_push_accepted_before_counts(bot_house: House, line: FakeLine, mei: None) -> None:
    accepted = (409, {"message": "The retry key is already accepted"})
    line.answers["/v2/bot/message/push"] = [ERROR, accepted]

    work_off_late(bot_house, make_text("今天"))
    work_later(bot_house, 1)

    keys = {call.headers["x-line-retry-key"] for call in line.paths("/message/push")}
    assert (len(keys), len(line.pushes)) == (1, 2)
    assert list(work_off(bot_house).values()) == [EventState.DONE]


def test_poison_ends_alone(bot_house: House, line: FakeLine, mei: None) -> None:
    refused = (400, {"message": "The request body has 1 error(s)"})
    line.answers[REPLY] = [refused]
    poison = make_text("今天", event_id="poison", user=HUA, at=seconds_ago(9))
    others = [make_text("今天", event_id=f"good{number}") for number in range(3)]

    states = work_off(bot_house, poison, *others)

    assert states == {"poison": EventState.DEAD} | {
        f"good{number}": EventState.DONE for number in range(3)
    }


def test_body_that_does_not_open_ends_alone(bot_house: House, line: FakeLine, mei: None) -> None:
    events = [make_text("今天", event_id=one, at=seconds_ago(9)) for one in ("spoilt", "good")]
    with transaction(bot_house.engine) as session:
        store_events(session, events, bot_house.clock.now())
        spoil = text("UPDATE line_event SET body = :body WHERE webhook_event_id = 'spoilt'")
        session.execute(spoil, {"body": b"d0:AAAA"})
    for _ in range(9):
        work_later(bot_house, 9)
    assert work_off(bot_house) == {"spoilt": EventState.DEAD, "good": EventState.DONE}


def test_five_failures_end_an_event(bot_house: House, line: FakeLine) -> None:
    line.answers[REPLY] = [ERROR] * 9

    work_off(bot_house, make_text("說明", event_id="one"))
    for _ in range(9):
        work_later(bot_house, 9)

    assert work_off(bot_house) == {"one": EventState.DEAD}
    assert len(line.replies) <= 5


def test_without_line_events_stay_in_the_inbox(house: House) -> None:
    cut_off = with_line(house, closed_port())

    assert work_off(cut_off, make_text("說明", event_id="one")) == {"one": EventState.PENDING}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_newest_of_follow_and_unfollow_wins(
    bot_house: House, line: FakeLine, order: tuple[int, ...]
) -> None:
    events = [
        make_follow(user=HUA, at=seconds_ago(30)),
        make_unfollow(user=HUA, at=seconds_ago(20)),
        make_follow(user=HUA, at=seconds_ago(10), is_unblocked=True),
    ]

    for position in order:
        work_off(bot_house, events[position])

    with transaction(bot_house.engine) as session:
        assert is_friend(session, HUA)


def test_a_new_friend_is_greeted_in_lines_language(bot_house: House, line: FakeLine) -> None:
    line.languages[HUA] = "vi"

    work_off(bot_house, make_follow(user=HUA))
    work_off(bot_house, make_text("hôm nay", user=HUA))

    assert "Khi con quẹt thẻ học sinh" in json.dumps(line.replies[0], ensure_ascii=False)
    assert "Hãy đăng nhập Taipei Pass" in json.dumps(line.replies[1], ensure_ascii=False)


def test_a_profile_line_does_not_give_costs_nobody_the_greeting(
    bot_house: House, line: FakeLine
) -> None:
    line.answers[f"/v2/bot/profile/{HUA}"] = [ERROR]

    work_off(bot_house, make_follow(user=HUA))

    assert "臺北市到離校通知" in json.dumps(line.replies[0], ensure_ascii=False)


def test_following_again_brings_the_menu_back(bot_house: House, line: FakeLine, mei: None) -> None:
    set_up(bot_house)

    work_off(bot_house, make_follow())
    work_off(bot_house, make_follow(user=HUA))

    assert list(line.linked) == [MEI]


def test_a_menu_that_fails_does_not_repeat_the_greeting(bot_house: House, line: FakeLine) -> None:
    line.answers[f"/v2/bot/user/{HUA}/richmenu"] = [ERROR]

    states = work_off(bot_house, make_follow(user=HUA))

    assert list(states.values()) == [EventState.DONE]
    assert len(line.replies) == 1


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ({"type": "group", "groupId": "C1"}, "/v2/bot/group/C1/leave"),
        ({"type": "room", "roomId": "R1"}, "/v2/bot/room/R1/leave"),
    ],
)
def test_a_group_is_left_after_a_word(
    bot_house: House, line: FakeLine, source: dict[str, str], path: str
) -> None:
    work_off(bot_house, make_event("join", source=source))

    assert [call.path for call in line.calls] == [REPLY, path]


def test_a_group_that_is_left_already_is_left(bot_house: House, line: FakeLine) -> None:
    line.answers["/v2/bot/group"] = [(200, {}), (404, {"message": "Not found"})]
    source = {"type": "group", "groupId": "C1"}

    states = work_off(
        bot_house, make_event("join", source=source), make_text("大家好", source=source)
    )

    assert set(states.values()) == {EventState.DONE}


def test_while_another_module_speaks_we_are_silent(
    bot_house: House, line: FakeLine, mei: None
) -> None:
    states = work_off(bot_house, make_text("今天", mode="standby"))

    assert line.calls == []
    assert list(states.values()) == [EventState.DONE]


def test_unknown_events_are_done_without_a_word(bot_house: House, line: FakeLine) -> None:
    states = work_off(bot_house, make_event("brandNew"), make_text("今天", mode="brandNew"))

    assert set(states.values()) == {EventState.DONE}
    assert line.calls == []


def test_a_thread_answers_soon_after_the_bell(
    bot_house: House, line: FakeLine, mei: None, running: Dispatcher
) -> None:
    with transaction(bot_house.engine) as session:
        store_events(session, [make_text("今天")], bot_house.clock.now())
    bot_house.events_due.set()

    deadline = threading.Event()
    for _ in range(100):
        if line.replies or deadline.wait(0.05):
            break

    assert len(line.replies) == 1


@pytest.fixture
def running(bot_house: House) -> Iterator[Dispatcher]:
    """A dispatcher in two threads."""
    stop = threading.Event()
    dispatcher = Dispatcher(bot_house)
    threads = [threading.Thread(target=dispatcher.run, args=(stop,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    yield dispatcher
    stop.set()
    bot_house.events_due.set()
    for thread in threads:
        thread.join(10)


def test_logs_hold_no_words_names_or_tokens(
    bot_house: House, line: FakeLine, mei: None, caplog: pytest.LogCaptureFixture
) -> None:
    line.answers[REPLY] = [ERROR, (400, {"message": f"bad {MEI}"})]
    event = make_text("今天 小明")

    with caplog.at_level(logging.INFO):
        work_off(bot_house, event)
        work_later(bot_house, 1)

    told = json.dumps([vars(record) for record in caplog.records], default=str, ensure_ascii=False)
    assert "webhook_event_id" in told
    for secret in (MEI, "小明", "今天", event["replyToken"], "榕光"):
        assert secret not in told


def test_a_late_second_follow_event_keeps_its_own_time(bot_house: House, line: FakeLine) -> None:
    work_off(bot_house, make_unfollow(user=HUA, at=MONDAY_MORNING))
    work_off(bot_house, make_follow(user=HUA, at=seconds_ago(40)))

    with transaction(bot_house.engine) as session:
        assert not is_friend(session, HUA)
