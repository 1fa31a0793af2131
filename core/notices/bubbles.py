"""What a guardian is told, as Flex bubbles."""

from typing import assert_never

from core.clock import taipei_clock
from core.kinds import NoticeKind
from core.languages.speech import N_, _, speaking
from core.notices.flex import (
    ARRIVED,
    BRAND,
    DEPARTED,
    INK2,
    LEAVE,
    SURFACE,
    TEAL,
    Json,
    Tone,
    bold_spans,
    bubble,
    button,
    buttons,
    call_school,
    child_name,
    flex_message,
    meta_text,
    name_row,
    pill,
    postback,
    primary,
    quiet,
    row,
    strip_of,
    text,
    type_in,
)
from core.notices.no_show_bubbles import about_silence, no_show
from core.notices.order_bubbles import ORDER_TITLES, about_order
from core.notices.rail import Rail, big_time, gate_bubble, rail_box
from core.notices.wording import ASK_WORD, NoticeFacts, alt_text, gate_word, lines, place_line

TODAY = N_("看今天")
LEAVES = N_("看請假")
DROP_LEAVE = N_("取消請假")
BINDING_TITLES = {
    NoticeKind.BOUND: N_("綁定完成"),
    NoticeKind.BOUND_OTHER: N_("新的家長綁定"),
    NoticeKind.BINDING_DECLINED: N_("綁定申請已退回"),
    NoticeKind.CHILD_CLOSED: N_("綁定核對已暫停"),
    NoticeKind.UNBOUND: N_("綁定已解除"),
}


def messages_for(kind: NoticeKind, facts: NoticeFacts) -> list[Json]:
    """Return the LINE message objects of one notice, ready to be frozen as JSON."""
    with speaking(facts.language):
        return [flex_message(alt_text(kind, facts), notice_bubble(kind, facts))]


def notice_bubble(kind: NoticeKind, facts: NoticeFacts) -> Json:
    """Return the bubble of one notice to a guardian.

    Raises KeyError when a fact it must say is missing, and for a kind that is for staff.
    """
    match kind:
        case NoticeKind.ARRIVAL | NoticeKind.DEPARTURE:
            return _gate_notice(kind, facts)
        case NoticeKind.NO_SHOW:
            return no_show(facts)
        case NoticeKind.CORRECTION:
            return _correction(facts)
        case (
            NoticeKind.BOUND
            | NoticeKind.BOUND_OTHER
            | NoticeKind.BINDING_DECLINED
            | NoticeKind.CHILD_CLOSED
            | NoticeKind.UNBOUND
            | NoticeKind.MOVED_UP
            | NoticeKind.DELEGATE_ADDED
            | NoticeKind.DELEGATE_ENDED
        ):
            return _bound(kind, facts)
        case (
            NoticeKind.LINK_NEW
            | NoticeKind.LINK_OLD
            | NoticeKind.UNLINKED
            | NoticeKind.COPY_READY
            | NoticeKind.TEST
            | NoticeKind.CLOSURE_ON
            | NoticeKind.CLOSURE_OFF
            | NoticeKind.EMAIL_BOUNCED
            | NoticeKind.APP_GONE
            | NoticeKind.FALLBACK
            | NoticeKind.SMS_APPROVED
            | NoticeKind.SMS_RETURNED
            | NoticeKind.SMS_CANCELLING
            | NoticeKind.SMS_KEPT
            | NoticeKind.SMS_CANCELLED
            | NoticeKind.SMS_SETTLED
        ):
            return _news(kind, facts)
        case NoticeKind.MAKE_UP_UNDONE | NoticeKind.MAKE_UP_DONE | NoticeKind.MAKE_UP_NOT:
            return _make_up(kind, facts)
        case (
            NoticeKind.NO_TAP_OUT
            | NoticeKind.ANSWERED
            | NoticeKind.SCHOOL_REPLY
            | NoticeKind.SCHOOL_SILENT
        ):
            return about_silence(kind, facts)
        case (
            NoticeKind.LEAVE_OTHER
            | NoticeKind.LEAVE_SCHOOL
            | NoticeKind.LEAVE_CANCELLED
            | NoticeKind.LEAVE_TAP
        ):
            return _leave(kind, facts)
        case (
            NoticeKind.REVIEW
            | NoticeKind.HELD
            | NoticeKind.HELD_EXPIRED
            | NoticeKind.SKIPPED_LATE
            | NoticeKind.READER_SILENT
            | NoticeKind.READER_CLONED
            | NoticeKind.READER_GAP
            | NoticeKind.OLD_CARD
            | NoticeKind.QUARANTINE
            | NoticeKind.DISCREPANCY
            | NoticeKind.CLOSURE_ASKED
            | NoticeKind.CLOSURE_ANSWERED
            | NoticeKind.CLOSURE_FOUND
            | NoticeKind.ANNOUNCEMENT_ASKED
            | NoticeKind.THREE_DAYS
            | NoticeKind.QUOTA
            | NoticeKind.LOOKS
            | NoticeKind.NEW_BINDING
            | NoticeKind.BINDING_ASKED
            | NoticeKind.MANY_MISSES
            | NoticeKind.MAKE_UP_ASKED
            | NoticeKind.ANNOUNCEMENT
            | NoticeKind.ANNOUNCEMENT_ANSWERED
            | NoticeKind.DIGEST
            | NoticeKind.QUEUE_AGING
            | NoticeKind.ORDER_AGING
            | NoticeKind.HELP_ASKED
            | NoticeKind.HELP_GIVEN
            | NoticeKind.AT_HOME
            | NoticeKind.EMAIL_DIGEST
        ):
            raise KeyError(kind)
    assert_never(kind)


def _gate_notice(kind: NoticeKind, facts: NoticeFacts) -> Json:
    said, small_print = lines(kind, facts)[1:]
    word, clock = gate_word(kind, facts), taipei_clock(facts.at) if facts.at else ""
    status = _("{kind}（補登）", kind=word) if facts.is_make_up else word
    if kind is NoticeKind.ARRIVAL:
        rail, tone = Rail(arrived=f"{word} {clock}", departed=None), ARRIVED
    else:
        seen = taipei_clock(facts.arrived_at) if facts.arrived_at else ""
        arrived = f"{_('到校')} {seen}" if seen else None
        rail, tone = (
            Rail(arrived=arrived, departed=f"{word} {clock}", waiting_in=_("未刷卡")),
            DEPARTED,
        )
    contents = [big_time(clock), rail_box(rail)]
    if facts.is_make_up:
        contents.append(text(small_print, size="sm", color=INK2, margin="md"))
    look: Json = {"status": pill(tone, status), "meta": place_line(facts), "link": facts.link}
    return gate_bubble(facts.child, contents, **look)


def _correction(facts: NoticeFacts) -> Json:
    fact, why = lines(NoticeKind.CORRECTION, facts)
    quoted = _("更正通知")
    if facts.notice_time:
        quoted = _("更正 {time} 的通知", time=taipei_clock(facts.notice_time))
    tone, word, clock = _as_it_stands(facts)
    page, link, ground = TODAY, facts.link, ARRIVED
    if tone is LEAVE:
        page, link, ground = LEAVES, facts.leave_link, LEAVE
    return bubble(
        [
            name_row(facts.child, pill(tone, word)),
            text(fact, margin="sm") | {"contents": bold_spans(fact, clock)},
            text(why, margin="sm"),
            meta_text(place_line(facts)),
            buttons(quiet(_(page), link)),
        ],
        strip=strip_of(ground, quoted),
        link=link,
        opens=_(page),
    )


def _as_it_stands(facts: NoticeFacts) -> tuple[Tone, str, str]:
    if facts.is_teacher:
        return ARRIVED, _("已到校"), taipei_clock(facts.recorded) if facts.recorded else ""
    clock = taipei_clock(facts.at) if facts.at else ""
    if facts.is_excused:
        return LEAVE, _("請假"), clock
    return (
        (DEPARTED, _("已離校"), clock)
        if facts.is_first_seen_leaving
        else (ARRIVED, _("已到校"), clock)
    )


def _make_up(kind: NoticeKind, facts: NoticeFacts) -> Json:
    title = {
        NoticeKind.MAKE_UP_UNDONE: _("更正補登"),
        NoticeKind.MAKE_UP_DONE: _("補登已登記"),
        NoticeKind.MAKE_UP_NOT: _("補登沒有登記"),
    }[kind]
    is_done = kind is NoticeKind.MAKE_UP_DONE
    act = [buttons(quiet(_(TODAY), facts.link))] if is_done else _call(facts)
    return _told(title, lines(kind, facts), [meta_text(place_line(facts)), *act], facts.child)


def _leave(kind: NoticeKind, facts: NoticeFacts) -> Json:
    title, page, more = {
        NoticeKind.LEAVE_OTHER: (_("請假已登記"), LEAVES, call_school(facts.school_phone)),
        NoticeKind.LEAVE_SCHOOL: (_("請假已登記"), LEAVES, []),
        NoticeKind.LEAVE_CANCELLED: (_("請假已取消"), LEAVES, []),
        NoticeKind.LEAVE_TAP: (_("有請假，也有刷卡"), DROP_LEAVE, _ask_school(facts)),
    }[kind]
    foot = [meta_text(facts.school), buttons(quiet(_(page), facts.leave_link), *more)]
    return _told(title, lines(kind, facts), foot, facts.child, LEAVE)


def _ask_school(facts: NoticeFacts) -> list[Json]:
    return [button(type_in(_(ASK_WORD), f"{_(ASK_WORD)} {facts.child}"))]


def _bound(kind: NoticeKind, facts: NoticeFacts) -> Json:
    if kind is NoticeKind.MOVED_UP:
        return _moved_up(facts)
    if kind in (NoticeKind.DELEGATE_ADDED, NoticeKind.DELEGATE_ENDED):
        return _delegated(kind, facts)
    title = _(BINDING_TITLES[kind])
    if kind is NoticeKind.BOUND:
        place, foot = place_line(facts), [_settings(facts)]
    else:
        place, foot = facts.school, _call(facts)
    return _told(title, lines(kind, facts), [meta_text(place), *foot], facts.child)


def _moved_up(facts: NoticeFacts) -> Json:
    said = lines(NoticeKind.MOVED_UP, facts)
    if facts.buttons is None:
        raise KeyError("buttons")
    keep, drop = facts.buttons
    acts = row(
        [
            button(postback(_("不用了"), drop)) | {"flex": 1},
            button(postback(_("沿用"), keep), ground=BRAND, color=SURFACE) | {"flex": 2},
        ],
        spacing="sm",
        margin="lg",
    )
    return _told(_("新學校"), said, [meta_text(place_line(facts)), acts], facts.child)


def _delegated(kind: NoticeKind, facts: NoticeFacts) -> Json:
    is_new = kind is NoticeKind.DELEGATE_ADDED
    foot = [buttons(quiet(_("停止代收"), facts.link))] if is_new else []
    return _told(
        _("代收通知") if is_new else _("代收已結束"), lines(kind, facts), foot, facts.child
    )


def _settings(facts: NoticeFacts) -> Json:
    return buttons(primary(_("修改訂閱"), facts.link))


def _news(kind: NoticeKind, facts: NoticeFacts) -> Json:
    if kind in ORDER_TITLES:
        return about_order(kind, facts)
    foot = [meta_text(facts.school)] if facts.school else []
    if kind is NoticeKind.LINK_NEW:
        foot.append(buttons(quiet(_("解除連結"), facts.link)))
    if kind is NoticeKind.UNLINKED:
        foot.append(buttons(quiet(_("重新登入"), facts.link)))
    if kind is NoticeKind.COPY_READY:
        foot.append(buttons(primary(_("開啟我的資料"), facts.link)))
    if kind is NoticeKind.EMAIL_BOUNCED:
        foot.append(buttons(primary(_("更正 e-mail"), facts.link)))
    if kind is NoticeKind.APP_GONE:
        foot.append(buttons(primary(_("重新連結酷課 APP"), facts.link)))
    if kind is NoticeKind.FALLBACK:
        foot.append(buttons(primary(_("檢查原因"), facts.link)))
    return _told(alt_text(kind, facts), lines(kind, facts), foot)


def _call(facts: NoticeFacts) -> list[Json]:
    call = call_school(facts.school_phone)
    return [buttons(*call)] if call else []


def _told(
    title: str, said: list[str], foot: list[Json], child: str = "", tone: Tone = TEAL
) -> Json:
    name = [child_name(child)] if child else []
    sentences = [text(sentence, margin="sm") for sentence in said]
    return bubble([*name, *sentences, *foot], strip=strip_of(tone, title))
