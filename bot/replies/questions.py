"""Questions asked in the chat: the guide's answer, and what else may have been meant."""

import re
from collections.abc import Sequence

from bot.answer import Json
from bot.commands import Command
from bot.replies.pages import Pages
from bot.replies.speech import offer_acts, show, type_in
from core.guide.question import Question, answer_of
from core.kinds import Channel
from core.languages.language import SOURCE
from core.languages.speech import _, speaking
from core.notices.flex import MAX_LABEL, bubble, buttons, quiet, text

# What the chat itself speaks of.
OFFERED = (Channel.LINE,)
QUOTED = re.compile("「(.+?)」")
# LINE cuts a lock screen's text; a title is longer than a name.
LOCK_SCREEN = 30
OTHERS = 3
# Offered below every answer.
LAST = ("說明", "客服")


def told(question: Question) -> bool:
    """Tell whether the chat has an answer: some questions are of channels that are not offered."""
    return bool(answer_of(question, OFFERED))


def answered(found: Sequence[Question], pages: Pages, calls: Sequence[Json]) -> list[Json]:
    """Return the first question's answer; the others' titles can be typed, and are offered so.

    `calls` are the rows that close it: whom to call.
    """
    first, *others = found
    title = _(first.title)
    contents = [
        text(title, weight="bold"),
        text(answer_of(first, OFFERED), margin="sm"),
        *calls,
        buttons(quiet(_("說明與客服"), pages.question(first.key))),
    ]
    titles = [_(one.title) for one in others[:OTHERS]]
    steps = [word for word in _steps(first) if word not in LAST]
    acts = [
        *(type_in(_(word), _(word)) for word in steps),
        *(type_in(_shortened(one), one) for one in titles),
        *(type_in(_(word), _(word)) for word in LAST),
    ]
    return [offer_acts(show(title[:LOCK_SCREEN], bubble(contents)), acts)]


def _steps(question: Question) -> list[str]:
    """Return the commands an answer names, as our own words have them."""
    with speaking(SOURCE):
        named = QUOTED.findall(answer_of(question, OFFERED))
    commands = {one.value for one in Command}
    return [word for word in dict.fromkeys(named) if word in commands]


def _shortened(title: str) -> str:
    return title if len(title) <= MAX_LABEL else f"{title[: MAX_LABEL - 1]}…"
