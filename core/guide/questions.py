"""The guide in its order: pages list it, the chat may point at one question by its key."""

from collections.abc import Iterator

from core.guide.accounts import ACCOUNT_QUESTIONS
from core.guide.gates import GATE_QUESTIONS
from core.guide.joining import BINDING_QUESTIONS, PASS_QUESTIONS
from core.guide.question import Question, Section
from core.guide.telling import NOTICE_QUESTIONS
from core.languages.speech import N_

GUIDE = (
    Section(N_("登入台北通"), PASS_QUESTIONS),
    Section(N_("綁定孩子"), BINDING_QUESTIONS),
    Section(N_("收通知"), NOTICE_QUESTIONS),
    Section(N_("卡片、刷卡和請假"), GATE_QUESTIONS),
    Section(N_("帳號、語言和個資"), ACCOUNT_QUESTIONS),
)


def all_questions() -> Iterator[Question]:
    """Return every question in its order."""
    return (question for section in GUIDE for question in section.questions)


def find_question(key: str) -> Question | None:
    """Return the question of a key, or None when there is none."""
    return next((one for one in all_questions() if one.key == key), None)
