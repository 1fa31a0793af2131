"""LINE's word that a browser belongs to the person who asked: ends what the page began."""

import logging
from datetime import datetime

from sqlmodel import Session

from bot.answer import Answer, MenuKind
from bot.handlers.person import find_person
from bot.menu_areas import menu_for
from bot.replies import account_link
from bot.replies.pages import Pages
from core.db import transaction
from core.house import House
from core.identity.tickets import redeem_nonce
from core.notices.links import Consented, make_link
from core.people.bindings import children_of
from core.people.staff import roles_of

logger = logging.getLogger(__name__)


def finish_link(house: House, line_user_id: str, nonce: str, now: datetime) -> Answer:
    """Link the LINE user to the member the nonce stands for; "" and unknown ones link nothing."""
    with transaction(house.engine) as session:
        found = redeem_nonce(session, house.vault, nonce, now) if nonce else None
        if found is None:
            logger.info("account link", extra={"outcome": "refused"})
            return _again(session, house, line_user_id)
        link = make_link(session, house, line_user_id, Consented(*found), now)
        has_children = bool(children_of(session, link.guardian.id))
        menu = menu_for(has_children=has_children, roles=roles_of(session, line_user_id))
        former = _menu_of_former(session, link.moved_from)
    house.notices_due.set()
    return Answer(
        messages=account_link.just_linked(Pages(house.settings.liff_id), has_children=has_children),
        matters=True,
        menu=menu,
        menus_of_others=former,
    )


def _again(session: Session, house: House, line_user_id: str) -> Answer:
    """Answer what links nothing: LINE repeats an event whose answer it missed."""
    person = find_person(session, line_user_id)
    if person.guardian is None:
        return Answer(messages=account_link.not_linked())
    said = account_link.linked()
    if not person.children:
        said = account_link.just_linked(Pages(house.settings.liff_id), has_children=False)
    return Answer(messages=said, matters=True, menu=person.menu)


def _menu_of_former(session: Session, moved_from: str | None) -> dict[str, MenuKind]:
    """Return what is left to the LINE account that was linked before, if there was one."""
    if moved_from is None:
        return {}
    return {moved_from: menu_for(has_children=False, roles=roles_of(session, moved_from))}
