"""Brief answers to what is said out of courtesy. They never say that something was done."""

from bot.answer import Json
from bot.commands import Command
from bot.replies.speech import say
from core.languages.speech import N_, _

ANSWERS = {
    Command.THANKS: N_("不客氣。"),
    Command.GREETING: N_("您好。"),
    # It may be meant for a question above, which only its buttons answer.
    Command.AGREEMENT: N_("好的。上面如果有問題，請按按鈕回答。"),
    Command.NOTED: N_("好的。"),
}


def answered(command: Command) -> list[Json]:
    """Return the answer in kind, and what can be asked."""
    return [say(_(ANSWERS[command]), "今天", "說明")]
