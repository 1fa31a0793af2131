"""What guardians are told while nothing is known of a child, and how they can answer."""

from core.kinds import NoticeKind
from core.languages.speech import N_, _
from core.notices.flex import (
    BRAND,
    INK2,
    NO_TAP,
    SURFACE,
    TEAL,
    Json,
    bubble,
    button,
    buttons,
    call_school,
    child_name,
    meta_text,
    postback,
    primary,
    row,
    strip_of,
    text,
)
from core.notices.wording import (
    ASK_WORD,
    HOME_WORD,
    NOTED_WORD,
    NoticeFacts,
    lines,
    place_line,
)

TODAY = N_("看今天")


def no_show(facts: NoticeFacts) -> Json:
    """Return that nothing was seen, by the gate or by the teacher."""
    return _teacher_missed(facts) if facts.is_teacher else _no_tap(facts)


def about_silence(kind: NoticeKind, facts: NoticeFacts) -> Json:
    """Return what was answered, or that there is no way out yet."""
    return _no_tap_out(facts) if kind is NoticeKind.NO_TAP_OUT else _answered(kind, facts)


def _no_tap(facts: NoticeFacts) -> Json:
    fact, causes, next_step = lines(NoticeKind.NO_SHOW, facts)
    return bubble(
        [
            child_name(facts.child),
            text(fact, margin="sm"),
            text(causes, size="sm", color=INK2, margin="md"),
            text(next_step, size="sm", color=INK2, margin="sm"),
            meta_text(place_line(facts)),
            _answer_buttons(facts),
        ],
        strip=strip_of(NO_TAP, _("尚無刷卡紀錄")),
        link=facts.link,
    )


def _answer_buttons(facts: NoticeFacts) -> Json:
    if facts.answers is None:
        return buttons(primary(_(TODAY), facts.link), *call_school(facts.school_phone))
    ask, noted, home = facts.answers
    asked = button(postback(_(ASK_WORD), ask), ground=BRAND, color=SURFACE)
    known = [_half(_(NOTED_WORD), noted), _half(_(HOME_WORD), home)]
    return buttons(asked, row(known, spacing="sm"))


def _half(label: str, data: str) -> Json:
    return button(postback(label, data)) | {"flex": 1}


def _teacher_missed(facts: NoticeFacts) -> Json:
    fact, next_step = lines(NoticeKind.NO_SHOW, facts)
    home = [button(postback(_(HOME_WORD), facts.answers[2]))] if facts.answers else []
    acts = [*call_school(facts.school_phone), *home]
    contents = [
        child_name(facts.child),
        text(fact, margin="sm"),
        text(next_step, margin="sm"),
        meta_text(place_line(facts)),
        *([buttons(*acts)] if acts else []),
    ]
    strip = strip_of(NO_TAP, _("老師回報還沒到校"))
    return bubble(contents, strip=strip, link=facts.link)


def _answered(kind: NoticeKind, facts: NoticeFacts) -> Json:
    title = {
        NoticeKind.ANSWERED: _("另一位家長已回覆"),
        NoticeKind.SCHOOL_REPLY: _("學校已回覆"),
        NoticeKind.SCHOOL_SILENT: _("學校還沒有回覆"),
    }[kind]
    call = [] if kind is NoticeKind.ANSWERED else call_school(facts.school_phone)
    contents = [
        child_name(facts.child),
        *(text(sentence, margin="sm") for sentence in lines(kind, facts)),
        meta_text(place_line(facts)),
        *([buttons(*call)] if call else []),
    ]
    return bubble(contents, strip=strip_of(TEAL, title), link=facts.link)


def _no_tap_out(facts: NoticeFacts) -> Json:
    fact, causes = lines(NoticeKind.NO_TAP_OUT, facts)
    return bubble(
        [
            child_name(facts.child),
            text(fact, margin="sm"),
            text(causes, size="sm", color=INK2, margin="md"),
            meta_text(place_line(facts)),
            buttons(primary(_(TODAY), facts.link)),
        ],
        strip=strip_of(NO_TAP, _("尚無離校刷卡紀錄")),
        link=facts.link,
    )
