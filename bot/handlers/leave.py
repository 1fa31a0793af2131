"""請假 by a guardian: from the typed line to a question, from its button to a leave."""

from uuid import UUID

from bot import conversations
from bot.answer import Answer, Json
from bot.commands import Command
from bot.day_words import read_days
from bot.details import LeaveDetail
from bot.handlers.filing import file_asked, filed_since, last_filed
from bot.handlers.turn import Refused, Turn, Words, refusing, rehearse
from bot.leave_words import LeaveWords, read_leave, with_more
from bot.replies import leave as reply
from bot.replies.leave import Draft, span_words
from core.attendance.leaves import AHEAD, Filer, leave_closes_at, open_leaves, withdraw_leave
from core.attendance.seen import leave_of_guardian
from core.attendance.tables import Leave, LeaveReason
from core.clock import taipei_clock
from core.errors import AccessError
from core.kinds import DayPart
from core.languages.language import SOURCE
from core.languages.speech import N_, speaking
from core.people.bindings import BoundChild
from core.people.doors import GuardianDoor, for_guardian
from core.postback import Action, Press

BY_SCHOOL = N_("學校登記的請假請洽學校取消。")


def ask_leave(turn: Turn, said: str) -> Answer:
    """Return the question that is still open: which child, which day, or whether it is right."""
    return _ask(turn, read_leave(said, turn.person.child_names, turn.said_on))


def go_on_leave(turn: Turn, so_far: str, said: str) -> Answer | None:
    """Go on with a leave that was begun; None where the text says nothing of it."""
    known = read_leave(so_far, turn.person.child_names, turn.said_on)
    words = with_more(known, read_leave(said, turn.person.child_names, turn.said_on))
    return _ask(turn, words) if words else None


def send_typed(turn: Turn, so_far: str) -> Answer | None:
    """Send what was asked about when somebody types 送出; None while something is still open."""
    words = read_leave(so_far, turn.person.child_names, turn.said_on)
    if words.child is None or words.is_unclear:
        return None
    leave = _leave_of(_draft(turn.person.children[words.child], words))
    return send_leave(turn, Press(Action.LEAVE_SEND, str(leave))) if leave else None


def say_again(turn: Turn) -> Answer | None:
    """Say what this very word sent before, whose answer may have been lost; None for nothing."""
    leave = last_filed(turn, _filer(turn).actor)
    if leave is None:
        return None
    return send_leave(turn, Press(Action.LEAVE_SEND, str(leave), turn.pressed_at))


def _ask(turn: Turn, words: LeaveWords) -> Answer:
    if words.child is None:
        with speaking(SOURCE):
            so_far = reply.of_nobody(words)
        conversations.keep(turn.session, turn.person.line_user_id, Command.LEAVE, so_far, turn.now)
        drafts = [_draft(child, words) for child in turn.person.children]
        return Answer(messages=reply.which_child(drafts))
    draft = _draft(turn.person.children[words.child], words)
    return _go_on(turn, draft, is_unclear=words.is_unclear)


def pick_day(turn: Turn, press: Press) -> Answer:
    """Go on with the day chosen in the picker."""
    student, part, reason = press.detail.split("/")
    day = read_days(turn.incoming.picked, turn.today).first
    draft = Draft(
        child=_own_child(turn, UUID(student)),
        first=day,
        last=day,
        part=DayPart(part) if part else None,
        reason=LeaveReason(reason) if reason else None,
    )
    return _go_on(turn, draft, is_unclear=False)


def send_leave(turn: Turn, press: Press) -> Answer:
    """File the leave the button is about, once."""
    leave = LeaveDetail.read(press.detail)
    child = _own_child(turn, leave.student_id)
    earlier = filed_since(turn, leave, {_filer(turn).actor}, press.made_at or turn.now)
    if earlier and (earlier.withdrawn_at is not None or not turn.incoming.is_retry):
        raise Refused(reply.done_already())
    leave_id = earlier.id if earlier else _file(turn, child, leave)
    conversations.end(turn.session, turn.person.line_user_id)
    drop = turn.seal(Action.LEAVE_DROP, leave_id.hex)
    return Answer(messages=reply.sent(child, leave, drop, turn.pages), matters=True)


def ask_drop(turn: Turn, said: str) -> Answer:
    """Return the leaves that can be withdrawn; a single one is asked about at once."""
    words = read_leave(said, turn.person.child_names, turn.said_on)
    every = [
        (child, leave)
        for child in turn.person.children
        for leave in open_leaves(turn.session, child.student_id, turn.today, turn.today + AHEAD * 2)
    ]
    found = [(child, leave) for child, leave in every if _is_open(turn, leave)]
    meant = [one for one in found if _is_meant(turn, words, *one)] or found
    if not meant:
        is_schools = any(not _is_guardians(leave) for _, leave in every)
        return Answer(messages=reply.none_open(turn.pages, BY_SCHOOL if is_schools else ""))
    if len(meant) == 1:
        return Answer(messages=_ask_about(turn, *meant[0]))
    rows = [
        (child, _extent(leave), turn.seal(Action.LEAVE_DROP, leave.id.hex))
        for child, leave in meant[:10]
    ]
    return Answer(messages=reply.open_ones(rows, turn.pages))


def drop_leave(turn: Turn, press: Press) -> Answer:
    """Ask before the leave is withdrawn."""
    child, leave = _own_leave(turn, UUID(press.detail))
    if leave.withdrawn_at is not None:
        raise Refused(reply.done_already())
    return Answer(messages=_ask_about(turn, child, leave))


def drop_for_sure(turn: Turn, press: Press) -> Answer:
    """Withdraw the leave; whoever withdrew it already hears the same again."""
    child, leave = _own_leave(turn, UUID(press.detail))
    filer = _filer(turn)
    if leave.withdrawn_at is not None and leave.withdrawn_by != filer.actor:
        raise Refused(reply.done_already())
    if leave.withdrawn_at is None:
        with refusing(_faults(turn, child)):
            withdraw_leave(turn.session, turn.liff_id, leave_id=leave.id, filer=filer, now=turn.now)
    return Answer(messages=reply.dropped(), matters=True)


def _go_on(turn: Turn, draft: Draft, *, is_unclear: bool) -> Answer:
    child = draft.child
    with speaking(SOURCE):
        so_far = draft.typed()
    conversations.keep(turn.session, turn.person.line_user_id, Command.LEAVE, so_far, turn.now)
    leave = _leave_of(draft)
    if is_unclear or leave is None:
        detail = f"{child.student_id.hex}/{draft.part or ''}/{draft.reason or ''}"
        picker = turn.seal(Action.LEAVE_DAY, detail)
        asked = reply.which_day(draft, picker, turn.today, turn.pages, is_unclear=is_unclear)
        return Answer(messages=asked)
    # What would be refused is refused before anybody is asked whether it is right.
    with conversations.over_when_refused(turn.session, turn.person.line_user_id):
        rehearse(turn.session, lambda: _file(turn, child, leave))
    send, drop = turn.seal(Action.LEAVE_SEND, str(leave)), turn.seal(Action.BACK)
    return Answer(messages=reply.is_it_right(child, leave, send, drop))


def _leave_of(draft: Draft) -> LeaveDetail | None:
    if draft.first is None or draft.last is None:
        return None
    return LeaveDetail(
        student_id=draft.child.student_id,
        first=draft.first,
        last=draft.last,
        part=draft.part or DayPart.WHOLE,
        reason=draft.reason or LeaveReason.OTHER,
    )


def _file(turn: Turn, child: BoundChild, leave: LeaveDetail) -> UUID:
    return file_asked(turn, leave, _filer(turn), _faults(turn, child))


def _faults(turn: Turn, child: BoundChild) -> dict[str, Words]:
    def too_late() -> list[Json]:
        closes_at = leave_closes_at(turn.session, child.student_id, turn.today)
        return reply.too_late(child, taipei_clock(closes_at))

    return {
        "past": lambda: reply.past(child),
        "too_far": reply.too_far,
        "too_late": too_late,
        "too_long": reply.too_long,
        "ends_before_it_begins": reply.wrong_order,
        "no_school_day": reply.no_school,
        "overlap": lambda: reply.overlap(turn.pages),
        "answered": reply.done_already,
    }


def _own_child(turn: Turn, student_id: UUID) -> BoundChild:
    return _door(turn).child_of(student_id)


def _own_leave(turn: Turn, leave_id: UUID) -> tuple[BoundChild, Leave]:
    child, leave = leave_of_guardian(_door(turn), leave_id)
    if not _is_guardians(leave):
        raise AccessError("no_such_leave")
    return child, leave


def _door(turn: Turn) -> GuardianDoor:
    if turn.person.guardian is None:
        raise AccessError("no_such_child")
    return for_guardian(turn.session, turn.person.guardian.id)


def _ask_about(turn: Turn, child: BoundChild, leave: Leave) -> list[Json]:
    sure = turn.seal(Action.LEAVE_DROP_SURE, leave.id.hex)
    keep = turn.seal(Action.BACK)
    has_begun = leave.first_day < turn.today
    return reply.drop_it(child, _extent(leave), sure, keep, has_begun=has_begun)


def _is_open(turn: Turn, leave: Leave) -> bool:
    if not _is_guardians(leave):
        return False
    closes_at = leave_closes_at(turn.session, leave.student_id, turn.today)
    return leave.last_day > turn.today or turn.now < closes_at


def _is_meant(turn: Turn, words: LeaveWords, child: BoundChild, leave: Leave) -> bool:
    is_child = words.child is None or turn.person.children[words.child] == child
    is_day = words.first is None or leave.first_day <= words.first <= leave.last_day
    return is_child and is_day


def _draft(child: BoundChild, words: LeaveWords) -> Draft:
    return Draft(
        child=child, first=words.first, last=words.last, part=words.part, reason=words.reason
    )


def _filer(turn: Turn) -> Filer:
    guardian_id = _door(turn).guardian_id
    return Filer(f"guardian:{guardian_id}", guardian_id)


def _extent(leave: Leave) -> str:
    return span_words(leave.first_day, leave.last_day, DayPart(leave.part))


def _is_guardians(leave: Leave) -> bool:
    return leave.filed_by.startswith("guardian:")
