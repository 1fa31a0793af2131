"""公告 and 發送: to a class, a grade or the school; seen first, and for many by two persons."""

from dataclasses import replace
from uuid import UUID

from bot.answer import Answer
from bot.handlers.staff.rights import (
    actor_of,
    door_of,
    own_actors,
    require_staff,
    schools_run,
)
from bot.handlers.staff.samples import samples_of
from bot.handlers.turn import Refused, Turn, refusing
from bot.replies.staff import sending as reply
from bot.replies.staff import words
from bot.sending_words import SendingWords, for_class_first, read_sending
from bot.staff_commands import StaffAsk
from core.announcements.asking import ask_second
from core.announcements.audiences import (
    Audience,
    audience_label,
    reach_of,
    require_audience,
    writer_of,
)
from core.announcements.sending import Cost, cost_of, send_out
from core.announcements.tables import Announcement, AnnouncementType, Importance
from core.announcements.texts import LONGEST_BODY, foreign_hosts
from core.announcements.writing import GOOD_FOR, Text, checked, write_announcement
from core.errors import InputError
from core.notices.staff_desk import staff_desk
from core.people.names import masked_name
from core.people.one_time import keep_text, show_text
from core.people.roster import grades_of
from core.people.staff import staff_name
from core.people.tables import Staff, StaffRole
from core.postback import Action, Press


def ask_sending(turn: Turn, ask: StaffAsk) -> Answer:
    """Return the preview of what was typed, or how it is written."""
    said = _read(turn)
    page = turn.pages.staff("announcements/new")
    if not said.content or not any(role.school_code for role in turn.person.roles):
        return Answer(messages=reply.usage(_samples(turn), page))
    audience, writer = _audience(turn, said)
    text = _text(turn, said)
    cost = _cost(turn, audience)
    preview = reply.Preview(
        label=audience_label(turn.session, audience),
        reach=reach_of(turn.session, audience),
        cost=cost,
        needs_second=audience.needs_second,
        title=text.title,
        body=text.body,
        school=reply.school_words(turn.session, audience),
    )
    if cost.is_too_much:
        raise Refused(reply.too_costly(preview, page))
    draft = _keep(turn, audience, text, actor_of(writer))
    sure, back = turn.seal(Action.SEND_SURE, draft.hex), turn.seal(Action.BACK)
    return Answer(messages=reply.preview(preview, sure, back, turn.liff_id, turn.now))


def send(turn: Turn, press: Press) -> Answer:
    """Send to a class at once; for more than one ask the second person."""
    require_staff(turn)
    vault, draft = turn.house.vault, UUID(press.detail)
    facts = show_text(turn.session, vault, draft, own_actors(turn), turn.now)
    if facts is None:
        return _answer_again(turn, draft)
    audience = Audience(
        school_code=facts["school"],
        grade=int(facts["grade"]) if facts["grade"] else None,
        homeroom=facts["homeroom"] or None,
    )
    writer = _writer(turn, audience)
    text = _checked(turn, facts["title"], facts["body"])
    # Others may have sent since the preview.
    if _cost(turn, audience).is_too_much:
        raise Refused(reply.FAULTS["too_costly"]())
    with refusing(reply.FAULTS):
        version = write_announcement(
            turn.session,
            audience,
            text,
            actor_of(writer),
            turn.now,
            liff_id=turn.house.settings.liff_id,
            is_pushed=True,
            announcement_id=draft,
        )
    if not version.needs_second:
        count = send_out(turn.session, turn.house.settings, version.announcement_id, turn.now)
        return Answer(messages=reply.sent(count), matters=True)
    desk = staff_desk(turn.house.settings)
    name = masked_name(staff_name(vault, writer))
    asked = ask_second(turn.session, desk, version, name, turn.now)
    page = turn.pages.staff(f"announcements/{version.announcement_id}")
    hours = int(GOOD_FOR.total_seconds() // 3600)
    return Answer(messages=reply.asked(asked, hours, page), matters=True)


def _answer_again(turn: Turn, draft: UUID) -> Answer:
    """Say what became of a draft that is gone: who pressed may never have read the answer.

    The announcement made of it has its id. Raises Refused when there is none.
    """
    written = turn.session.get(Announcement, draft)
    if written is None:
        raise Refused(reply.over())
    return Answer(messages=reply.done(turn.pages.staff(f"announcements/{draft}")))


def _cost(turn: Turn, audience: Audience) -> Cost:
    return cost_of(turn.session, audience, turn.house.settings.line_quota_reserve, turn.now)


def _keep(turn: Turn, audience: Audience, text: Text, by: str) -> UUID:
    """Keep what was typed until it is sure: a button can't hold it. Return its id."""
    facts = {
        "school": audience.school_code or "",
        "grade": "" if audience.grade is None else str(audience.grade),
        "homeroom": audience.homeroom or "",
        "title": text.title,
        "body": text.body,
    }
    vault, good_for = turn.house.vault, reply.DRAFT_GOOD_FOR
    return keep_text(turn.session, vault, facts, by=by, now=turn.now, good_for=good_for)


def _audience(turn: Turn, said: SendingWords) -> tuple[Audience, Staff]:
    """Return whom it is for and the role by which this person may write to them."""
    if said.names_audience:
        audience = Audience(
            school_code=_school(turn, said), grade=said.grade, homeroom=said.homeroom or None
        )
    else:
        own = _own_class(turn)
        if own is None:
            raise Refused(reply.whom(_samples(turn)))
        audience = own
    writer = _writer(turn, audience)
    with refusing(reply.FAULTS):
        require_audience(turn.session, audience)
    return audience, writer


def _read(turn: Turn) -> SendingWords:
    """Return what was typed, a class by the name it has in the roster."""
    said = read_sending(turn.incoming.content)
    of_class = said if said.names_audience else for_class_first(said)
    known = door_of(turn).classes_named(of_class.homeroom) if of_class.homeroom else []
    return replace(of_class, homeroom=known[0][1]) if known else said


def _school(turn: Turn, said: SendingWords) -> str:
    """Return the school that is meant: of several the one that has such a class or grade."""
    codes = list(dict.fromkeys(one.school_code for one in turn.person.roles if one.school_code))
    for code in codes:
        audience = Audience(school_code=code, grade=said.grade, homeroom=said.homeroom or None)
        if writer_of(turn.person.roles, audience) and _has_children(turn, audience):
            return code
    return codes[0]


def _has_children(turn: Turn, audience: Audience) -> bool:
    return turn.session.scalars(audience.students().limit(1)).first() is not None


def _own_class(turn: Turn) -> Audience | None:
    """Return the one class of somebody who has nobody else to write to."""
    classes = {
        (role.school_code, role.homeroom)
        for role in turn.person.roles
        if role.role == StaffRole.HOMEROOM_TEACHER
    }
    if schools_run(turn) or len(classes) != 1:
        return None
    school_code, homeroom = classes.pop()
    return Audience(school_code=school_code, homeroom=homeroom)


def _writer(turn: Turn, audience: Audience) -> Staff:
    writer = writer_of(turn.person.roles, audience)
    if writer is None:
        raise Refused(words.plainly(words.NO_CLASS if audience.homeroom else reply.NOT_YOURS))
    return writer


def _text(turn: Turn, said: SendingWords) -> Text:
    if hosts := foreign_hosts(said.content, turn.house.settings.liff_id):
        raise Refused(reply.foreign_link(hosts[0]))
    if len(said.content) > LONGEST_BODY:
        raise Refused(reply.too_long(len(said.content)))
    return _checked(turn, said.title, said.body)


def _checked(turn: Turn, title: str, body: str) -> Text:
    text = Text(
        type=AnnouncementType.SCHOOL,
        importance=Importance.NORMAL,
        title=title,
        body=body,
        publish_from=turn.now,
    )
    try:
        return checked(text, turn.now, turn.house.settings.liff_id)
    except InputError as error:
        raise Refused(reply.FAULTS[error.code]()) from error


def _samples(turn: Turn) -> list[str]:
    """Return the audiences this person can write to, as they are typed."""
    codes = schools_run(turn)
    if codes:
        grades = [f"{grade}年級" for grade in grades_of(turn.session, codes[0])]
        return [samples_of(turn).homeroom, *grades[-1:], "全校"]
    return [role.homeroom for role in turn.person.roles if role.homeroom]
