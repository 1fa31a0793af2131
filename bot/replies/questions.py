"""Questions asked in the chat: the guide's answer, and what else may have been meant."""

from collections.abc import Sequence

from bot.answer import Json
from bot.replies.pages import Pages
from bot.replies.speech import offer_acts, show, type_in
from core.guide.question import Question, answer_of
from core.kinds import Channel
from core.languages.speech import _
from core.notices.flex import MAX_LABEL, bubble, buttons, quiet, text

# LINE cuts a lock screen's text; a title is longer than a name.
LOCK_SCREEN = 30
OTHERS = 3


def answered(found: Sequence[Question], pages: Pages) -> list[Json]:
    """Return the first question's answer; the others' titles can be typed, and are offered so."""
    first, *others = found
    title = _(first.title)
    contents = [
        text(title, weight="bold"),
        text(answer_of(first, (Channel.LINE,)), margin="sm"),
        buttons(quiet(_("說明與客服"), pages.question(first.key))),
    ]
    titles = [_(one.title) for one in others[:OTHERS]]
    acts = [
        *(type_in(_shortened(one), one) for one in titles),
        *(type_in(_(word), _(word)) for word in ("說明", "客服")),
    ]
    return [offer_acts(show(title[:LOCK_SCREEN], bubble(contents)), acts)]


def _shortened(title: str) -> str:
    return title if len(title) <= MAX_LABEL else f"{title[: MAX_LABEL - 1]}…"
