"""沿用: one page, one tap, for a child who moved to another school."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.binding.carry_over import drop, get_proposal
from core.db import snapshot, transaction
from core.errors import InputError
from core.languages.speech import N_, _
from core.notices.moves import keep_binding
from core.people.names import given_name
from liff.guard import linked
from liff.visit import current_visit

NOT_POSSIBLE = N_("目前不能沿用，請聯絡新學校，或用「加入學生」重新綁定。")


@linked
def show_move(carry_over_id: UUID) -> ResponseReturnValue:
    """Ask whether the binding follows the child."""
    return _render(carry_over_id)


@linked
def answer_move(carry_over_id: UUID) -> ResponseReturnValue:
    """Keep the binding, or leave it."""
    visit = current_visit()
    guardian_id, house = visit.get_guardian().id, visit.house
    is_kept = request.form.get("answer") == "keep"
    note = "kept" if is_kept else "not_kept"
    try:
        with transaction(house.engine) as database:
            if is_kept:
                kept = keep_binding(
                    database,
                    house.vault,
                    house.settings,
                    carry_over_id=carry_over_id,
                    guardian_id=guardian_id,
                    now=visit.now,
                )
                note = note if kept.request_id is None else "requested"
            else:
                drop(database, carry_over_id, guardian_id, visit.now)
    except InputError as error:
        # Who answered meanwhile is told so by the page as it stands.
        refusal = "" if error.code == "answered" else _(NOT_POSSIBLE)
        return _render(carry_over_id, refusal), 422
    house.notices_due.set()
    return redirect(url_for("liff.show_home", note=note), 303)


def _render(carry_over_id: UUID, refusal: str = "") -> str:
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        found = get_proposal(database, carry_over_id, visit.get_guardian().id)
    return render_template(
        "move.html",
        child=given_name(found.name),
        school=found.school,
        is_answered=found.carry_over.answered_at is not None,
        refusal=refusal,
    )
