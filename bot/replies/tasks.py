"""A task that was begun and not sent: offered again, given up, or over."""

from collections.abc import Iterator

from bot.answer import Json
from bot.commands import Command
from bot.replies.speech import acts_below, offer_acts, say, type_in
from core.languages.speech import _

GO_ON = (Command.CONTINUE.value, Command.DROP.value)
MAX_MESSAGES = 5
# A title of the guide ends so too, but has no button that acts.
QUESTION_ENDS = ("？", "?", "か。")


def with_offer(messages: list[Json], task: Command) -> list[Json]:
    """Return an answer, and below it whether to go on with what was begun.

    LINE shows the quick replies of the last message alone: there the answer's own stand too.
    """
    own = acts_below(messages[-1])
    going_on = [type_in(_(word), _(word)) for word in GO_ON]
    acts = [*going_on, *(act for act in own if act not in going_on)]
    if len(messages) >= MAX_MESSAGES:
        return [*messages[:-1], offer_acts(messages[-1], acts)]
    question = _("剛才的{task}還沒送出，要繼續嗎？", task=_(task.value))
    return [*messages, offer_acts({"type": "text", "text": question}, acts)]


def asks(messages: list[Json]) -> bool:
    """Tell whether an answer ends in a question of its own."""
    last = messages[-1]
    if last["type"] == "text":
        return str(last["text"]).endswith(QUESTION_ENDS)
    parts = list(_parts(last.get("contents")))
    has_question = any(str(part.get("text", "")).endswith(QUESTION_ENDS) for part in parts)
    return has_question and any(part.get("type") == "postback" for part in parts)


def _parts(value: object) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _parts(one)


def with_end(messages: list[Json], task: Command) -> list[Json]:
    """Return an answer, and before it that what was begun long ago was never sent."""
    if len(messages) >= MAX_MESSAGES:
        return messages
    return [*given_up(task, ""), *messages]


def given_up(task: Command, *words: str) -> list[Json]:
    """Say that nothing was sent."""
    said = _("{task}已放棄，沒有送出任何內容。", task=_(task.value))
    return [say(said, *(word for word in words if word))]


def nothing_begun() -> list[Json]:
    """Say that there is nothing to go on with."""
    return [say(_("目前沒有填到一半的內容。"), "今天", "請假", "取消請假", "說明")]
