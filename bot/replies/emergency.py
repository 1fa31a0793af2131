"""What somebody is told who may be looking for a child right now."""

from dataclasses import dataclass

from bot.answer import Json
from bot.replies.speech import show
from core.notices.bubbles import bubble, button, buttons, call_school, open_page, text
from core.notices.wording import fill
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
    calls = _calls([one.child for one in found])
    contents = [
        text(NOT_FOR_EMERGENCIES, weight="bold"),
        *told,
        text(step, margin="md"),
        buttons(*calls, button(open_page("撥 110", "tel:110"))),
    ]
    return [show("有立即危險請撥 110", bubble(contents), "今天")]


def _sentence(one: KnownNow) -> str:
    slots = {"child": one.child.given_name, "now": one.line, "phone": one.child.school_phone}
    known = "{child}目前的紀錄：{now}。"
    return fill(f"{known}學校：{{phone}}" if slots["phone"] else known, slots)


def _calls(children: list[BoundChild]) -> list[Json]:
    schools = {child.school_short_name: child.school_phone for child in children}
    if len(schools) == 1:
        return call_school(next(iter(schools.values())))
    made = [(name, action) for name, phone in schools.items() for action in call_school(phone)]
    return [_named(action, f"撥給{name}") for name, action in made][:2]


def _named(call: Json, label: str) -> Json:
    return button(call["action"] | {"label": label})
