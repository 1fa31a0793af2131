"""忘了帶卡怎麼辦: whether a text asks something of its own while a task is open. Pure."""

import re
from collections.abc import Sequence

from bot import leave_words, make_up_words
from bot.commands import Command
from bot.day_words import PARTS
from bot.leave_words import folded, in_source

ASKS = re.compile(r"[?？]|[嗎呢][。!]*$|怎麼|如何|為什麼|什麼|哪裡|多少|能不能|可不可以")
# What belongs to the open question; 到校了 tells of a child, 到校 answers.
FACTS = {
    Command.LEAVE: (
        *(word for words in leave_words.REASONS.values() for word in words.split()),
        *(word for words in PARTS.values() for word in words),
        *leave_words.COMMANDS,
    ),
    Command.MAKE_UP: (
        *(f"{word}(?!了)" for words in make_up_words.DIRECTIONS.values() for word in words),
        *(word for words in make_up_words.REASONS.values() for word in words),
        *("補登申請", "補登"),
    ),
}
POLITE = ("可以", "好的", "好", "行", "對", "是", "ok")
# So much beside the facts is a matter of its own.
OWN_MATTER = re.compile(r"[\u4e00-\u9fff].*[\u4e00-\u9fff]|[^\W\d_\u4e00-\u9fff]{3}.*[^\W\d_]{3}")


def asks_elsewhere(text: str, task: Command, names: Sequence[Sequence[str]]) -> bool:
    """Tell whether a text is a question, and of more than what the open task asks for."""
    said = folded(in_source(text, (*leave_words.TYPED, *make_up_words.TYPED))).casefold()
    if not ASKS.search(said.strip()):
        return False
    for pattern in make_up_words.TIMES:
        said = pattern.sub(" ", said)
    own = [re.escape(folded(name).casefold()) for one in names for name in one if name]
    words = sorted((*own, *FACTS.get(task, ()), *POLITE), key=len, reverse=True)
    rest = re.sub(f"{'|'.join(words)}|[嗎呢了]", " ", said)
    return bool(OWN_MATTER.search(rest))
