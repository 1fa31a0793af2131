"""掛失: a guardian blocks a child's lost card, after reading what that costs."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.db import snapshot, transaction
from core.errors import InputError
from core.languages.dates import day_and_clock
from core.people.bindings import BoundChild
from core.people.doors import for_guardian
from core.people.lost_cards import last_ended, live_card, report_lost
from liff.guard import linked, proved_recently
from liff.present import phone_link
from liff.visit import Visit, current_visit


@linked
@proved_recently
def show_lost_card(binding_id: UUID) -> ResponseReturnValue:
    """Say what blocking does before it is done; without a card, since when there is none."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        return _render(database, _child(database, visit, binding_id))


@linked
@proved_recently
def block_card(binding_id: UUID) -> ResponseReturnValue:
    """Block the card the form was shown for; a newer one stays."""
    visit = current_visit()
    try:
        with transaction(visit.house.engine) as database:
            child = _child(database, visit, binding_id)
            report_lost(
                database,
                student_id=child.student_id,
                card_id=_asked_card(),
                by=f"guardian:{visit.get_guardian().id}",
                now=visit.now,
            )
    except InputError:
        note = "gone"
    else:
        note = "blocked"
    return redirect(url_for("liff.show_lost_card", binding_id=binding_id, note=note), 303)


def _child(database: Session, visit: Visit, binding_id: UUID) -> BoundChild:
    return for_guardian(database, visit.get_guardian().id).child(binding_id)


def _asked_card() -> UUID:
    try:
        return UUID(request.form.get("card", ""))
    except ValueError:
        raise InputError("no_card", "card") from None


def _render(database: Session, child: BoundChild) -> str:
    card = live_card(database, child.student_id)
    ended = last_ended(database, child.student_id)
    return render_template(
        "lost_card.html",
        child=child,
        card=card.id if card else None,
        ended=day_and_clock(ended) if ended else "",
        note=request.args.get("note", ""),
        school_phone=phone_link(child.school_phone) if child.school_phone else None,
    )
