"""說明與客服: how to begin, what people ask, whom to call. Anybody may read it."""

from dataclasses import dataclass
from functools import partial

from flask import render_template, request
from flask.typing import ResponseReturnValue

from core.calendar.channels import choosable
from core.clock import school_day_of
from core.db import snapshot
from core.guide.chat_words import CHAT_WORDS
from core.guide.question import LINE_NAMES, Line, Question, answer_of
from core.guide.questions import GUIDE, find_question
from core.guide.search import LONGEST, search
from core.identity.standing import Standing
from core.kinds import Channel
from core.languages.speech import _
from core.people.doors import for_guardian
from liff.guard import open_to_all
from liff.present import Phone, phone_link
from liff.visit import Visit, current_visit


@dataclass(frozen=True, slots=True)
class Entry:
    """A question ready to be read. `calls` are names and numbers, `asks_school` has none."""

    key: str
    title: str
    answer: str
    calls: list[tuple[str, Phone]]
    asks_school: bool
    is_open: bool


@open_to_all
def show_help() -> ResponseReturnValue:
    """Show the guide, what fits the words typed (`q`), or one question opened (`topic`)."""
    visit = current_visit()
    asked = request.args.get("q", "").strip()[:LONGEST]
    schools, channels = _family(visit)
    found = search(asked, channels)
    opened = find_question(request.args.get("topic", ""))
    entry = partial(_entry, visit, schools, channels)
    return render_template(
        "help.html",
        asked=asked,
        is_near=found.is_near,
        found=[entry(one, is_open=True) for one in found.questions],
        sections=[
            (
                _(section.title),
                [entry(one, is_open=one is opened) for one in section.questions],
            )
            for section in ([] if asked else GUIDE)
        ],
        schools=schools,
        lines=_lines(visit),
        chat_words=[(_(word), _(what)) for word, what in CHAT_WORDS],
        is_new=visit.guardian is None,
        takes_survey=visit.guardian is not None and visit.standing is Standing.REAL_NAME,
        longest=LONGEST,
    )


def _entry(
    visit: Visit,
    schools: list[tuple[str, Phone]],
    channels: frozenset[Channel],
    question: Question,
    *,
    is_open: bool,
) -> Entry:
    settings = visit.house.settings
    numbers = {
        Line.PASS: settings.pass_line,
        Line.SERVICE: settings.hotline,
        Line.PRIVACY: settings.privacy_line,
    }
    calls = [
        (_(LINE_NAMES[one]), phone_link(numbers[one])) for one in question.lines if one in numbers
    ]
    asks_school = Line.SCHOOL in question.lines
    return Entry(
        question.key,
        _(question.title),
        answer_of(question, channels),
        calls + (schools if asks_school else []),
        asks_school and not schools,
        is_open,
    )


def _family(visit: Visit) -> tuple[list[tuple[str, Phone]], frozenset[Channel]]:
    """Return the children's schools with the numbers that are known, and what can be chosen."""
    day = school_day_of(visit.now)
    with snapshot(visit.house.engine) as database:
        mine = visit.guardian
        children = for_guardian(database, mine.id).children() if mine else []
        channels = choosable(database, {one.school_code for one in children}, day)
    phones = {one.school_short_name: one.school_phone for one in children if one.school_phone}
    return [(name, phone_link(phone)) for name, phone in phones.items()], channels


def _lines(visit: Visit) -> list[tuple[str, Phone]]:
    settings = visit.house.settings
    named = (
        (_("到離校通知、刷卡、簡訊"), settings.hotline),
        (_("台北通"), settings.pass_line),
        (_("台北通（外縣市）"), settings.pass_line_outside),
        (_("台北通個人資料"), settings.privacy_line),
    )
    return [(name, phone_link(number)) for name, number in named]
