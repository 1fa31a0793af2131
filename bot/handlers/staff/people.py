"""邀請 and 撤銷: who becomes staff of a place, and who is no more, within the own rank."""

import re
from uuid import UUID

from sqlmodel import col, or_, select

from bot.answer import Answer
from bot.handlers.staff.rights import own_actors, require_verb
from bot.handlers.turn import Refused, Turn, refusing
from bot.menu_readers import menu_of
from bot.replies.staff import people as reply
from bot.replies.staff import words
from bot.staff_commands import StaffAsk, StaffVerb
from core.errors import AccessError
from core.notices.staff_words import ROLE_WORDS
from core.people.names import clean_name
from core.people.one_time import keep_text, show_text
from core.people.roster import homerooms_of, plain_class
from core.people.staff import all_staff, can_manage_school, invite_staff, staff_at
from core.people.staff import staff_name as name_of
from core.people.staff_changes import RANKS, end_role, get_member, roles_to_give
from core.people.tables import School, Staff, StaffRole
from core.postback import Action, Press

ROLES = {word: role for role, word in ROLE_WORDS.items()} | {
    "出納": StaffRole.CASHIER,
    "生教": StaffRole.OFFICER,
    "學務": StaffRole.OFFICER,
    "管理者": StaffRole.SCHOOL_ADMIN,
}
# What can't be a name, whether there is such a class or not.
HOMEROOM = re.compile(r"[0-9]{3,5}班?|\w{0,3}年\w{1,3}班")
NO_SUCH = ""
LONE_CLASS = re.compile(r"(?<=\S)\s+班(?=\s|$)")


def ask_invite(turn: Turn, ask: StaffAsk) -> Answer:
    """Ask back before a code is made."""
    school, left = _place(turn, LONE_CLASS.sub("班", ask.words).split())
    code = school.code if school else None
    may = roles_to_give(turn.person.roles, code)
    role = next((ROLES[word] for word in left if word in ROLES), None)
    if role is None or role not in may:
        raise Refused(reply.usage(may, is_wrong=role is not None))
    named = _classes(turn, code, [word for word in left if word not in ROLES])
    homeroom = next(iter(named.values()), None)
    name = "".join(word for word in left if word not in ROLES and word not in named)
    if clean_name(name) is None:
        raise Refused(reply.usage(may, is_wrong=False))
    if (homeroom is None) == (role is StaffRole.HOMEROOM_TEACHER):
        raise Refused(reply.usage([role], is_wrong=False))
    if homeroom == NO_SUCH:
        raise Refused(words.plainly(words.NO_CLASS))
    facts = {"name": name, "role": role, "school": code or "", "homeroom": homeroom or ""}
    draft = keep_text(turn.session, turn.house.vault, facts, by=_giver(turn, code), now=turn.now)
    sure, back = turn.seal(Action.INVITE_SURE, draft.hex), turn.seal(Action.BACK)
    return Answer(messages=reply.ask_invite(role, homeroom, school, name, sure, back))


def invite(turn: Turn, press: Press) -> Answer:
    """Make the code, which is said once."""
    require_verb(turn, StaffVerb.INVITE)
    vault = turn.house.vault
    facts = show_text(turn.session, vault, UUID(press.detail), own_actors(turn), turn.now)
    if facts is None:
        raise Refused(reply.over())
    code, role = facts["school"] or None, StaffRole(facts["role"])
    if role not in roles_to_give(turn.person.roles, code):
        raise Refused(words.plainly(reply.NOT_YOURS))
    with refusing(reply.FAULTS):
        made = invite_staff(
            turn.session,
            vault,
            name=facts["name"],
            school_code=code,
            role=role,
            homeroom=facts["homeroom"] or None,
            invited_by=_giver(turn, code),
            now=turn.now,
        )
    return Answer(messages=reply.invited(made), matters=True)


def show_members(turn: Turn, ask: StaffAsk) -> Answer:
    """Return who is staff of the place, or the teachers of a class, each with a button."""
    wanted = plain_class(ask.words)
    members = [one for one in _members(turn) if wanted in ("", plain_class(one.homeroom or ""))]
    cards = [
        reply.Member(
            staff=one,
            name=name_of(turn.house.vault, one),
            school=turn.session.get(School, one.school_code) if one.school_code else None,
            revoke=turn.seal(Action.REVOKE, one.id.hex),
        )
        for one in members
    ]
    return Answer(messages=reply.members(cards, turn.pages.staff("people")))


def ask_revoke(turn: Turn, press: Press) -> Answer:
    """Ask back before a role ends."""
    member = _member(turn, press)
    school = turn.session.get(School, member.school_code) if member.school_code else None
    name = name_of(turn.house.vault, member)
    sure, back = turn.seal(Action.REVOKE_SURE, member.id.hex), turn.seal(Action.BACK)
    return Answer(messages=reply.ask_revoke(member, school, name, sure, back))


def revoke(turn: Turn, press: Press) -> Answer:
    """End the role at once, with sessions, invitations and menu."""
    member = _member(turn, press)
    by = _giver(turn, member.school_code)
    with refusing(reply.FAULTS):
        end_role(turn.session, member.id, turn.person.roles, by=by, now=turn.now)
    user = member.line_user_id
    menus = {user: menu_of(turn.session, user)}
    return Answer(messages=reply.revoked(), matters=True, menus_of_others=menus)


def _place(turn: Turn, said: list[str]) -> tuple[School | None, list[str]]:
    """Return the school that is meant (None: the bureau), and the words left."""
    known = or_(
        col(School.code).in_(said), col(School.short_name).in_(said), col(School.name).in_(said)
    )
    named = turn.session.exec(select(School).where(known)).first()
    if named is not None:
        if not any(can_manage_school(role, named.code) for role in turn.person.roles):
            raise Refused(words.plainly(reply.NOT_YOURS))
        left = [one for one in said if one not in (named.code, named.short_name, named.name)]
        return named, left
    own = [
        role.school_code
        for role in turn.person.roles
        if role.role == StaffRole.SCHOOL_ADMIN and role.school_code
    ]
    if len(own) > 1:
        raise Refused(reply.which_school())
    return (turn.session.get_one(School, own[0]) if own else None), said


def _classes(turn: Turn, school_code: str | None, said: list[str]) -> dict[str, str]:
    """Return the words that name a class, with the school's own name of it, or NO_SUCH."""
    homerooms = homerooms_of(turn.session, school_code) if school_code else []
    known = {plain_class(one): one for one in homerooms}
    return {
        word: known.get(plain_class(word), NO_SUCH)
        for word in said
        if plain_class(word) in known or HOMEROOM.fullmatch(word)
    }


def _members(turn: Turn) -> list[Staff]:
    """Return who works where this person manages and may be ended, the highest role first."""
    codes = [one.school_code for one in turn.person.roles if one.role == StaffRole.SCHOOL_ADMIN]
    found = [member for code in codes if code for member in all_staff(turn.session, code)]
    if any(role.role == StaffRole.BUREAU_ADMIN for role in turn.person.roles):
        found += staff_at(turn.session, None, set(StaffRole))
    return sorted(found, key=lambda one: (-RANKS.index(StaffRole(one.role)), one.homeroom or ""))


def _member(turn: Turn, press: Press) -> Staff:
    """Return a live role this person may end. Refuses others in the words for what is not there."""
    require_verb(turn, StaffVerb.REVOKE)
    found = turn.session.get(Staff, UUID(press.detail))
    code = found.school_code if found else None
    try:
        member = get_member(turn.session, UUID(press.detail), code)
    except AccessError:
        raise Refused(words.plainly(words.DONE)) from None
    if StaffRole(member.role) not in roles_to_give(turn.person.roles, code):
        raise Refused(words.plainly(reply.NOT_YOURS))
    return member


def _giver(turn: Turn, school_code: str | None) -> str:
    """Return the role by which this person gives roles at the place, as records name it."""
    for role in turn.person.roles:
        if can_manage_school(role, school_code):
            return f"staff:{role.id}"
    raise Refused(words.plainly(reply.NOT_YOURS))
