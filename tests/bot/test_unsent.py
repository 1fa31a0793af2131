"""收回訊息: what was begun by a message taken back is begun no more."""

from bot import conversations
from bot.dispatch import Dispatcher
from bot.inbox import store_events
from bot.tables import LineEvent
from core.db import snapshot, transaction
from core.house import House
from core.people.tables import Student
from tests.bot.conversation import hear
from tests.bot.fake_line import FakeLine
from tests.bot.happenings import make_event, make_text, seconds_ago
from tests.factories import HUA, MEI


def take_back(house: House, user: str, said: dict[str, object]) -> None:
    message = said["message"]
    assert isinstance(message, dict)
    answer = hear(house, make_event("unsend", user=user, unsend={"messageId": message["id"]}))
    assert answer.messages == []


def is_begun(house: House) -> bool:
    with snapshot(house.engine) as session:
        return conversations.find(session, MEI, house.clock.now()) is not None


def test_what_it_began_is_given_up(house: House, ming: Student) -> None:
    said = make_text("請假 小明")
    with transaction(house.engine) as session:
        store_events(session, [said], house.clock.now())
    hear(house, said)
    assert is_begun(house)

    take_back(house, HUA, said)
    assert is_begun(house), "nobody takes back what others wrote"

    take_back(house, MEI, said)
    assert not is_begun(house)


def test_what_comes_after_it_was_taken_back_is_neither_answered_nor_kept(
    bot_house: House, line: FakeLine, ming: Student
) -> None:
    said = make_text("請假 小明 明天", at=seconds_ago(60), event_id="said")
    unsend = {"messageId": said["message"]["id"]}
    for event in (make_event("unsend", unsend=unsend, at=seconds_ago(30)), said):
        with transaction(bot_house.engine) as session:
            store_events(session, [event], bot_house.clock.now())
        assert Dispatcher(bot_house).work_once()

    with snapshot(bot_house.engine) as session:
        kept = session.get_one(LineEvent, "said").body
    assert (line.replies, line.pushes, is_begun(bot_house)) == ([], [], False)
    assert b"\\u8acb" not in kept
