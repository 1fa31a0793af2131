"""加入學生: the guardian states five facts, the roster says whether they fit."""

from collections.abc import Sequence
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.clock import school_day_of
from core.db import snapshot, transaction
from core.kinds import Level
from core.notices.announce import tell_bound
from core.people.bindings import BindOutcome, BindResult, bind_child, get_child
from core.people.roster import list_schools
from liff.binding_form import BindingForm, SchoolChoice
from liff.guard import linked
from liff.visit import Visit, current_visit


@linked
def show_new_child() -> ResponseReturnValue:
    """Show the empty form; the query carries a choice of school made without scripts."""
    form = BindingForm(formdata=None)
    for name in ("district", "level", "school_code"):
        form[name].data = request.args.get(name, "")
    return _render(form, _schools(current_visit()))


@linked
def bind_new_child() -> ResponseReturnValue:
    """Bind when the five facts fit. Faults of form are told first and cost no try."""
    visit = current_visit()
    form, schools = BindingForm(), _schools(visit)
    form.schools, form.today = schools, school_day_of(visit.now)
    if not form.validate():
        return _render(form, schools), 422
    outcome = _bind(visit, form)
    if outcome.binding_id is None:
        is_spent = outcome.result is BindResult.OWN_LIMIT
        return _render(form, schools, refusal=outcome.result), 429 if is_spent else 422
    return _show_bound(visit, outcome.result, outcome.binding_id)


def _bind(visit: Visit, form: BindingForm) -> BindOutcome:
    house, guardian = visit.house, visit.get_guardian()
    with transaction(house.engine) as database:
        outcome = bind_child(
            database,
            house.vault,
            guardian_id=guardian.id,
            claim=form.claim(),
            relationship=form.relationship.data,
            now=visit.now,
        )
        if outcome.result is BindResult.BOUND and outcome.binding_id is not None:
            child = get_child(database, guardian.id, outcome.binding_id)
            tell_bound(database, house.settings, child, guardian.id, visit.now)
    return outcome


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


def _render(form: BindingForm, schools: Sequence[SchoolChoice], refusal: str = "") -> str:
    typed = form.national_id.data
    form.tidy_echo()
    there = [school for school in schools if school.district == form.district.data]
    return render_template(
        "new_child.html",
        form=form,
        faults=form.faults,
        refusal=refusal,
        is_id_hidden=bool(typed) and not form.national_id.data,
        note=request.args.get("note", ""),
        districts=[(name, name) for name in sorted({school.district for school in schools})],
        levels=[(kind, kind) for kind in Level if kind in {school.level for school in there}],
        schools=[(s.code, s.name) for s in there if s.level == form.level.data],
        level_order=" ".join(Level),
        directory=[[s.district, s.level, s.code, s.name] for s in schools],
    )
