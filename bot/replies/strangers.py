"""A name that none of somebody's children has: said first, then which child is meant."""

from collections.abc import Sequence

from bot.answer import Json
from bot.commands import Command
from bot.replies.speech import offer_acts, type_in
from core.languages.speech import N_, _, spoken
from core.people.bindings import BoundChild

# Of an only child, and of several.
QUESTIONS = {
    Command.LEAVE: (N_("要替{child}請假嗎？"), N_("替哪位孩子請假？")),
    Command.LEAVE_CANCEL: (N_("要取消{child}的請假嗎？"), N_("要取消哪位孩子的請假？")),
    Command.MAKE_UP: (N_("要替{child}申請補登嗎？"), N_("替哪位孩子申請補登？")),
    Command.ASK_SCHOOL: (N_("要請學校確認{child}嗎？"), N_("要請學校確認哪位孩子？")),
    Command.SUBSCRIBE: (N_("要改{child}的通知嗎？"), N_("要改哪位孩子的通知？")),
    Command.UNSUBSCRIBE: (N_("要改{child}的通知嗎？"), N_("要改哪位孩子的通知？")),
    Command.SMS: (N_("要看{child}的簡訊服務嗎？"), N_("要看哪位孩子的簡訊服務？")),
    Command.TODAY: (N_("要看{child}今天的紀錄嗎？"), N_("要看哪位孩子今天的紀錄？")),
}


def not_bound(
    name: str, command: Command, children: Sequence[BoundChild], lines: Sequence[str]
) -> list[Json]:
    """Say that there is no such child, and ask which is meant; each line is what a child types."""
    of_one, of_several = QUESTIONS[command]
    first = children[0].given_name
    question = _(of_one, child=first) if len(children) == 1 else _(of_several)
    said = ("" if spoken().is_han else " ").join((_("還沒有綁定「{name}」。", name=name), question))
    acts = [type_in(one.given_name, line) for one, line in zip(children, lines, strict=True)]
    add = _(Command.ADD_CHILD.value)
    return [offer_acts({"type": "text", "text": said}, [*acts, type_in(add, add)])]
