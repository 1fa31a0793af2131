"""A task that was begun and not sent: offered again, given up, or over."""

from bot.answer import Json
from bot.commands import Command
from bot.replies.speech import offer, say
from core.languages.speech import _

GO_ON = (Command.CONTINUE.value, Command.DROP.value)
MAX_MESSAGES = 5


def with_offer(messages: list[Json], task: Command) -> list[Json]:
    """Return an answer, and below it whether to go on with what was begun."""
    if len(messages) >= MAX_MESSAGES:
        return [*messages[:-1], offer(messages[-1], *GO_ON)]
    question = _("剛才的{task}還沒送出，要繼續嗎？", task=_(task.value))
    return [*messages, say(question, *GO_ON)]


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
    return [say(_("目前沒有還沒送出的內容。"), "今天", "請假", "取消請假", "說明")]
