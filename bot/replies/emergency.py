"""What somebody is told who may be looking for a child right now."""

from dataclasses import dataclass

from bot.answer import Json
from bot.replies.schools import school_calls
from bot.replies.speech import show
from core.notices.flex import bubble, buttons, dial, text
from core.notices.wording import fill, shown_number
from core.people.bindings import BoundChild

NOT_FOR_EMERGENCIES = "本服務不是緊急服務。有立即危險請撥 110。"


@dataclass(frozen=True, slots=True)
class KnownNow:
    """A child and its day in one line."""

    child: BoundChild
    line: str


def what_is_known(found: list[KnownNow]) -> list[Json]:
    """Return 110 first, then each child's record and the way to its school."""
    told = [text(_sentence(one), margin="md") for one in found]
    step = "請直接撥電話給學校。" if found else "也請直接撥電話給孩子的學校。"
    calls = school_calls([one.child for one in found])
    contents = [
        text(NOT_FOR_EMERGENCIES, weight="bold"),
        *told,
        text(step, margin="md"),
        buttons(*calls, dial("撥 110", "110")),
    ]
    return [show("有立即危險請撥 110", bubble(contents), "今天")]


def _sentence(one: KnownNow) -> str:
    phone = shown_number(one.child.school_phone)
    slots = {"child": one.child.given_name, "now": one.line, "phone": phone}
    known = "{child}目前的紀錄：{now}。"
    return fill(f"{known}學校：{{phone}}" if slots["phone"] else known, slots)
