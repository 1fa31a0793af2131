"""What is put aside and answered after all, what is taken back, and what a poison leaves alone."""

import json
import threading
from datetime import timedelta
from itertools import permutations

import pytest
from click.testing import CliRunner
from sqlmodel import select

from bot.dispatch import Dispatcher
from bot.event_commands import event_commands
from bot.inbox import dead_events, forget_message, replay_event, store_events
from bot.tables import EventState, LineEvent
from core.audit import AuditEntry
from core.db import transaction
from core.house import House
from core.people.tables import LineFriend
from tests.bot.fake_line import FakeLine
from tests.bot.happenings import Json, make_event, make_follow, make_text, make_unfollow
from tests.factories import HUA, MEI, make_guardian

SECRET_WORDS = "小明的病歷"


def store(house: House, *events: Json) -> None:
    with transaction(house.engine) as session:
        store_events(session, list(events), house.clock.now())


def work_off(house: House) -> None:
    dispatcher = Dispatcher(house)
    while dispatcher.work_once():
        pass


def states(house: House) -> list[str]:
    with transaction(house.engine) as session:
        return sorted(session.exec(select(LineEvent.state)))


def users(count: int) -> list[str]:
    return [f"U{number:032x}" for number in range(count)]


def test_one_poison_among_a_hundred_leaves_ninety_nine_answers(
    bot_house: House, line: FakeLine
) -> None:
    events = [make_text("說明", user=user, at=bot_house.clock.now()) for user in users(100)]
    store(bot_house, *events)
    with transaction(bot_house.engine) as session:
        poison = session.get_one(LineEvent, events[41]["webhookEventId"])
        poison.body = b""
        session.add(poison)

    work_off(bot_house)

    answered = {reply["replyToken"] for reply in line.replies}
    assert len(answered) == 99
    assert events[41]["replyToken"] not in answered
    assert states(bot_house).count(EventState.DONE) == 99


def test_many_people_are_answered_once_each_by_many_threads(
    bot_house: House, line: FakeLine
) -> None:
    events = [make_text("說明", user=user, at=bot_house.clock.now()) for user in users(20)]
    store(bot_house, *events)

    threads = [threading.Thread(target=work_off, args=[bot_house]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    tokens = [reply["replyToken"] for reply in line.replies]
    assert sorted(tokens) == sorted(event["replyToken"] for event in events)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_newest_of_any_order_of_follow_and_unfollow_wins(
    bot_house: House, line: FakeLine, order: tuple[int, ...]
) -> None:
    with transaction(bot_house.engine) as session:
        make_guardian(session, bot_house)
    now = bot_house.clock.now()
    moments = [now - timedelta(seconds=30 - number) for number in range(3)]
    events = [
        make_follow(user=MEI, at=moments[0]),
        make_unfollow(user=MEI, at=moments[1]),
        make_follow(user=MEI, at=moments[2]),
    ]

    for number in order:
        store(bot_house, events[number])
        work_off(bot_house)

    with transaction(bot_house.engine) as session:
        friend = session.get_one(LineFriend, MEI)
    assert friend.is_following


def test_what_is_taken_back_is_forgotten(bot_house: House, line: FakeLine) -> None:
    said = make_text(SECRET_WORDS, user=HUA, at=bot_house.clock.now())
    store(bot_house, said)
    work_off(bot_house)
    back = make_event(
        "unsend",
        user=HUA,
        at=bot_house.clock.now(),
        unsend={"messageId": said["message"]["id"]},
    )
    del back["replyToken"]

    store(bot_house, back)
    work_off(bot_house)

    with transaction(bot_house.engine) as session:
        bodies = [one.body.decode() for one in session.exec(select(LineEvent))]
    assert SECRET_WORDS not in "".join(
        json.dumps(json.loads(body), ensure_ascii=False) for body in bodies
    )
    assert len(line.replies) == 1


def test_what_is_taken_back_before_its_answer_is_not_answered(
    bot_house: House, line: FakeLine
) -> None:
    said = make_text("說明", user=HUA, at=bot_house.clock.now())
    spoilt = make_text("今天", user=HUA, at=bot_house.clock.now())
    store(bot_house, said, spoilt)
    with transaction(bot_house.engine) as session:
        session.get_one(LineEvent, spoilt["webhookEventId"]).body = b""
        session.flush()
        assert forget_message(session, HUA, said["message"]["id"]) == 1
        # Nobody takes back what others wrote.
        assert forget_message(session, MEI, said["message"]["id"]) == 0

    work_off(bot_house)

    assert line.replies == []
    with transaction(bot_house.engine) as session:
        assert session.get_one(LineEvent, said["webhookEventId"]).state == EventState.DONE


def test_what_was_put_aside_is_listed_and_answered_after_all(
    bot_house: House, line: FakeLine
) -> None:
    event = make_text("說明", user=HUA, at=bot_house.clock.now())
    store(bot_house, event)
    event_id = event["webhookEventId"]
    line.answers["/v2/bot/message/reply"] = [(400, {"message": "The request body has 1 error"})]
    work_off(bot_house)
    assert states(bot_house) == [EventState.DEAD]

    with transaction(bot_house.engine) as session:
        now = bot_house.clock.now()
        (dead,) = dead_events(session, now - timedelta(days=1))
        assert (dead.webhook_event_id, dead.problem) == (event_id, "reply_http_400")
        assert replay_event(session, event_id)
        assert not replay_event(session, event_id)
    work_off(bot_house)

    assert states(bot_house) == [EventState.DONE]
    assert len(line.replies) == 2


def test_commands_name_neither_people_nor_words(bot_house: House, line: FakeLine) -> None:
    event = make_text(SECRET_WORDS, user=HUA, at=bot_house.clock.now())
    store(bot_house, event)
    line.answers["/v2/bot/message/reply"] = [(400, {"message": "no"})]
    work_off(bot_house)
    run = CliRunner().invoke

    listed = run(event_commands, ["dead"], obj=bot_house.settings)
    again = run(event_commands, ["replay", event["webhookEventId"]], obj=bot_house.settings)
    twice = run(event_commands, ["replay", event["webhookEventId"]], obj=bot_house.settings)

    assert event["webhookEventId"] in listed.output
    assert HUA not in listed.output
    assert SECRET_WORDS not in listed.output
    assert (again.exit_code, twice.exit_code) == (0, 1)
    with transaction(bot_house.engine) as session:
        acts = session.exec(select(AuditEntry.action)).all()
    assert "event.replay" in acts
