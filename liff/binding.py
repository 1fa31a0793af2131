"""加入學生: five facts that the roster knows, or a code of the school."""

from collections.abc import Sequence
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.binding.tries import OWN_LIMIT
from core.binding.trying import BindOutcome, BindResult, bind_by_code, bind_child
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.kinds import Level
from core.languages.speech import N_, _
from core.notices.announce import tell_bound
from core.notices.binding_notices import tell_binding_asked
from core.notices.staff_desk import staff_desk
from core.people.bindings import get_child
from core.people.roster import list_schools
from liff.applying import note_applying
from liff.binding_form import BindingForm, SchoolChoice
from liff.guard import linked, proved_recently
from liff.present import phone_link
from liff.visit import Visit, current_visit

FIELDS = ("district", "level", "school_code")
LEVEL_WORDS = {
    Level.PRIMARY: N_("國小"),
    Level.JUNIOR: N_("國中"),
    Level.SENIOR: N_("高中"),
    Level.VOCATIONAL: N_("高職"),
    Level.SPECIAL: N_("特教"),
}


@linked
@proved_recently
def show_new_child() -> ResponseReturnValue:
    """Show the empty form; the query carries a choice of school, or the code of a slip."""
    note_applying()
    form = BindingForm(formdata=None)
    for name in (*FIELDS, "binding_code"):
        form[name].data = request.args.get(name, "")
    return _render(form, _schools(current_visit()))


@linked
@proved_recently
def bind_new_child() -> ResponseReturnValue:
    """Bind when the proof fits. Faults of form are told first and cost no try."""
    visit = current_visit()
    form, schools = BindingForm(), _schools(visit)
    form.schools, form.today = schools, school_day_of(visit.now)
    if not form.validate():
        return _render(BindingForm(), schools, faults=form.faults), 422
    outcome = _bind(visit, form)
    match outcome.result:
        case BindResult.MISMATCH:
            left = outcome.left
            return _render(BindingForm(), schools, refusal=outcome.result, left=left), 422
        case BindResult.OWN_LIMIT:
            return _render(BindingForm(), schools, refusal=outcome.result), 429
        case BindResult.GENERAL_MEMBER:
            phone = phone_link(visit.house.settings.pass_line)
            return render_template("general_member.html", phone=phone), 403
        case BindResult.REQUESTED:
            visit.house.notices_due.set()
            return redirect(url_for("liff.show_home", note="requested"), 303)
    if outcome.binding_id is None:
        raise ValueError("no binding")
    return _show_bound(visit, outcome.result, outcome.binding_id)


def _bind(visit: Visit, form: BindingForm) -> BindOutcome:
    house, guardian = visit.house, visit.get_guardian()
    with transaction(house.engine) as database:
        outcome = _try(database, visit, form, guardian.id)
        if outcome.result is BindResult.BOUND and outcome.binding_id is not None:
            child = get_child(database, guardian.id, outcome.binding_id)
            tell_bound(database, house.settings, child, guardian.id, visit.now)
        if outcome.request_id is not None:
            desk = staff_desk(house.settings)
            tell_binding_asked(database, desk, outcome.request_id, visit.now)
    return outcome


def _try(database: Session, visit: Visit, form: BindingForm, guardian_id: UUID) -> BindOutcome:
    vault, relationship = visit.house.vault, form.relationship.data
    if form.is_by_code:
        return bind_by_code(
            database,
            vault,
            guardian_id=guardian_id,
            code=form.binding_code.data,
            relationship=relationship,
            now=visit.now,
        )
    return bind_child(
        database,
        vault,
        guardian_id=guardian_id,
        claim=form.claim(),
        relationship=relationship,
        now=visit.now,
    )


def _show_bound(visit: Visit, result: BindResult, binding_id: UUID) -> ResponseReturnValue:
    if result is BindResult.BOUND:
        visit.house.notices_due.set()
        visit.on_link(visit.get_session().line_user_id, True)
    return redirect(url_for("liff.show_child", binding_id=binding_id, note=result.value), 303)


def _schools(visit: Visit) -> list[SchoolChoice]:
    with snapshot(visit.house.engine) as database:
        return [
            SchoolChoice(school.code, school.district, school.level, school.short_name)
            for school in list_schools(database)
        ]


def _render(
    form: BindingForm,
    schools: Sequence[SchoolChoice],
    refusal: str = "",
    left: int = 0,
    faults: dict[str, str] | None = None,
) -> str:
    typed = form.national_id.data
    form.tidy_echo()
    levels = [(kind.value, _(LEVEL_WORDS[kind])) for kind in Level]
    there = [school for school in schools if school.district == form.district.data]
    return render_template(
        "new_child.html",
        form=form,
        faults=faults or {},
        refusal=refusal,
        left=left,
        most=OWN_LIMIT,
        is_id_hidden=bool(typed) and not form.national_id.data,
        note=request.args.get("note", ""),
        districts=[(name, name) for name in sorted({school.district for school in schools})],
        levels=[(kind, word) for kind, word in levels if kind in {s.level for s in there}],
        schools=[(s.code, s.name) for s in there if s.level == form.level.data],
        level_order=levels,
        directory=[[s.district, s.level, s.code, s.name] for s in schools],
    )
