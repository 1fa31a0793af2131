"""Text messages: what a notice says in one part of 70 UCS-2 units, whatever the names.

Every sentence with every slot at its limit fits, so nothing is ever cut at the end. No links; no
spaces in Chinese.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import orjson

from core.clock import taipei_clock
from core.kinds import NoticeKind
from core.languages import dates
from core.languages.language import Language
from core.languages.slots import SLOT, fill_as_written
from core.languages.speech import N_, _, speaking, translate
from core.notices.phrases import ALT_TEXTS
from core.notices.text_names import (
    CHILD_UNITS,
    PHONE_UNITS,
    SCHOOL_UNITS,
    child_for_text,
    fitted,
    phone_for_text,
    school_for_text,
)
from core.notices.wording import NoticeFacts, first_known, variant_of

# What a phone number was given for: no kind beside these ever goes to one.
TEXTED = frozenset(
    {
        NoticeKind.ARRIVAL,
        NoticeKind.DEPARTURE,
        NoticeKind.NO_SHOW,
        NoticeKind.CORRECTION,
        NoticeKind.CLOSURE_ON,
        NoticeKind.CLOSURE_OFF,
        NoticeKind.ANNOUNCEMENT,
    }
)
# The units each slot may take.
LIMITS = {
    "school": SCHOOL_UNITS,
    "child": CHILD_UNITS,
    "time": 5,
    "cutoff": 5,
    "date": 6,
    "phone": PHONE_UNITS,
    "part": 10,
    "source": 6,
    "text": 50,
}
NO_SHOW = (
    N_("【{school}】截至{cutoff}尚無{child}刷卡紀錄，也可能忘了刷卡。請聯絡學校{phone}。"),
    N_("【{school}】截至{cutoff}尚無{child}刷卡紀錄，也可能忘了刷卡。請聯絡學校。"),
)
NO_SHOW_TEACHER = (
    N_("【{school}】老師{time}回報{child}還沒到校，請聯絡學校{phone}。"),
    N_("【{school}】老師{time}回報{child}還沒到校，請聯絡學校。"),
)
FIXED = (N_("【{school}】{child}已於{time}到校，先前的「尚無刷卡紀錄」請不用理會。"),)
# The first wording whose slots are all known is used.
TEXTS: Mapping[str, tuple[str, ...]] = {
    "arrival": (N_("【{school}】{child}{time}到校。"),),
    "again_in": (N_("【{school}】{child}{time}再次到校。"),),
    "departure": (N_("【{school}】{child}{time}離校。"),),
    "makeup": (N_("【{school}】{child}{time}到校（學校補登）。"),),
    "makeup_out": (N_("【{school}】{child}{time}離校（學校補登）。"),),
    "no_show": NO_SHOW,
    "no_show_teacher": NO_SHOW_TEACHER,
    "fixed_earlier": FIXED,
    "fixed_later": FIXED,
    "fixed_teacher": (
        *FIXED,
        N_("【{school}】老師確認{child}在學校，先前的「尚無刷卡紀錄」請不用理會。"),
    ),
    "fixed_left": (N_("【{school}】{child}已於{time}離校，先前的「尚無刷卡紀錄」請不用理會。"),),
    "fixed_leave": (N_("【{school}】{child}今天已請假，先前的「尚無刷卡紀錄」請不用理會。"),),
    "closure_on": (N_("【{school}】{date}{part}停課，不發到離校通知。依據：{source}。"),),
    "closure_off": (N_("【{school}】{date}照常上課，先前停課通知已撤回。"),),
    "announcement": (N_("【{school}】{text}"),),
}
# What a bubble on LINE may have been, by its lock-screen text.
MEANT_FOR_LINE: Mapping[NoticeKind, tuple[str, ...]] = {
    NoticeKind.NO_SHOW: ("no_show", "no_show_teacher"),
    NoticeKind.CORRECTION: (
        "fixed_earlier", "fixed_left", "fixed_teacher", "fixed_leave",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """The school a text comes from, as it was never said in what was meant for LINE."""

    school: str
    phone: str


def text_content(kind: NoticeKind, facts: NoticeFacts) -> bytes:
    """Return what a notice says by SMS as bytes to be stored.

    Raises KeyError for a kind that may not go to a phone, and when a fact it must say is missing.
    """
    if kind not in TEXTED:
        raise KeyError(kind)
    with speaking(facts.language):
        variant = _variant(kind, facts)
        return orjson.dumps({"text": _said(variant, _slots(facts))})


def announcement_text(school: str, title: str, language: Language) -> bytes:
    """Return an urgent announcement as it goes by SMS: its title, cut to what fits."""
    with speaking(language):
        return orjson.dumps({"text": _said("announcement", {"school": school, "text": title})})


def read_text(kind: NoticeKind, content: bytes, place: Place) -> str:
    """Return what a stored notice says by SMS, in whichever form it was stored.

    Raises ValueError, KeyError or TypeError for what can't be read.
    """
    held: Any = orjson.loads(content)
    if isinstance(held, list):
        return _meant_for_line(kind, held[0]["altText"], place)
    return str(held["text"])


def _said(variant: str, slots: Mapping[str, str]) -> str:
    limited = {
        name: _limited(name, value) for name, value in slots.items() if name in LIMITS and value
    }
    wordings = [translate(one) for one in TEXTS[variant]]
    return first_known(wordings, {name: one for name, one in limited.items() if one}, put_in)


def put_in(wording: str, slots: Mapping[str, str]) -> str:
    """Fill the slots as they are: a space costs a unit and Chinese needs none."""
    return fill_as_written(wording, slots)


def _limited(name: str, value: str) -> str:
    match name:
        case "school":
            return school_for_text(value)
        case "child":
            return child_for_text(value)
        case "phone":
            return phone_for_text(value)
        case _:
            return fitted(value, LIMITS[name])


def _variant(kind: NoticeKind, facts: NoticeFacts) -> str:
    variant = variant_of(kind, facts)
    is_out = variant == "makeup" and kind is NoticeKind.DEPARTURE
    return "makeup_out" if is_out else variant


def _slots(facts: NoticeFacts) -> dict[str, str]:
    return {
        "school": facts.school,
        "child": facts.child,
        "phone": facts.school_phone,
        "time": _clock(facts.at),
        "cutoff": _clock(facts.cutoff),
        "date": _date(facts.school_day),
        "part": _(facts.part),
        "source": facts.source,
    }


def _clock(moment: datetime | time | None) -> str:
    if isinstance(moment, time):
        return f"{moment:%H:%M}"
    return taipei_clock(moment) if moment else ""


def _date(day: date) -> str:
    return dates.day_of_month(day)


def _meant_for_line(kind: NoticeKind, alt_text: str, place: Place) -> str:
    """Say by SMS what a bubble says: its lock-screen text holds the child and the moment."""
    for language in Language:
        with speaking(language):
            for variant in MEANT_FOR_LINE[kind]:
                slots = _read_back(translate(ALT_TEXTS[variant]), alt_text)
                if slots is not None:
                    said = slots | {"school": place.school, "phone": place.phone}
                    return _said(variant, said)
    raise ValueError("no lock-screen text of ours")


def _read_back(template: str, said: str) -> dict[str, str] | None:
    # Where a name meets our words a space may have been put in.
    pattern = "".join(
        rf"\s?(?P<{piece[1:-1]}>.+?)\s?" if SLOT.fullmatch(piece) else re.escape(piece.strip())
        for piece in SLOT.split(template)
        if piece
    )
    found = re.fullmatch(pattern, said)
    return found.groupdict() if found else None
