"""無卡補登申請: a guardian asks for a tap that was not made, sees where it stands, withdraws it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.clock import school_day_of, taipei_clock
from core.db import snapshot, transaction
from core.errors import InputError
from core.gate.make_up_requests import (
    LONGEST_WORDS,
    ask_make_up,
    open_days,
    own_request,
    withdraw_request,
)
from core.gate.make_up_review import requests_of_child, undone_taps
from core.gate.tables import MakeUpRequest, RequestState
from core.kinds import Direction, MakeUpReason, MakeUpRefusal
from core.languages.dates import parted, short_date
from core.languages.speech import N_, _
from core.notices.staff_desk import staff_desk
from core.notices.wording import MAKE_UP_REASONS, REFUSALS
from core.people.bindings import BoundChild, is_quiet
from core.people.doors import for_guardian
from liff.guard import linked
from liff.make_up_form import (
    DIRECTIONS,
    MakeUpForm,
    day_options,
    direction_options,
    fault_words,
    reason_options,
)
from liff.present import phone_link
from liff.visit import Visit, current_visit

# So far back what was asked for stays listed.
LOOK_BACK = timedelta(days=30)
STATES = {
    RequestState.OPEN: ("held", N_("審核中")),
    RequestState.APPROVED: ("make-up", N_("已補登")),
    RequestState.REFUSED: ("no-tap", N_("未核准")),
    RequestState.WITHDRAWN: ("off", N_("已取消")),
}
TAKEN_BACK = ("off", N_("學校已更正"))


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request as the list shows it."""

    request_id: UUID
    mark: str
    what: str
    detail: str
    can_withdraw: bool


@dataclass(frozen=True, slots=True)
class _Page:
    child: BoundChild
    days: list[date]
    lines: list[RequestLine]


@linked
def show_make_up(binding_id: UUID) -> ResponseReturnValue:
    """Show the form, ready for today, and what was asked for."""
    visit = current_visit()
    page = _read(visit, binding_id)
    form = MakeUpForm(formdata=None)
    form.day.data = str(page.days[0]) if page.days else ""
    form.direction.data, form.reason.data = Direction.IN.value, MakeUpReason.FORGOTTEN.value
    return _render(page, visit, form, {})


@linked
def send_make_up(binding_id: UUID) -> ResponseReturnValue:
    """Put the wish before the school, or show what is wrong with it."""
    visit, form = current_visit(), MakeUpForm()
    faults = {} if form.validate() else form.faults
    if not faults:
        try:
            _ask(visit, binding_id, form)
        except InputError as error:
            faults = {error.field or "day": fault_words(error.code)}
    if not faults:
        visit.house.notices_due.set()
        return redirect(url_for("liff.show_make_up", binding_id=binding_id, note="asked"), 303)
    return _render(_read(visit, binding_id), visit, form, faults), 422


@linked
def withdraw_make_up(request_id: UUID) -> ResponseReturnValue:
    """Take an own request back while it is open."""
    visit, note = current_visit(), "withdrawn"
    guardian_id = visit.get_guardian().id
    with snapshot(visit.house.engine) as database:
        student_id = own_request(database, request_id, guardian_id).student_id
        binding_id = for_guardian(database, guardian_id).child_of(student_id).binding_id
    try:
        with transaction(visit.house.engine) as database:
            withdraw_request(database, request_id, guardian_id, visit.now)
    except InputError as error:
        note = error.code
    return redirect(url_for("liff.show_make_up", binding_id=binding_id, note=note), 303)


def _ask(visit: Visit, binding_id: UUID, form: MakeUpForm) -> None:
    house, guardian = visit.house, visit.get_guardian()
    with transaction(house.engine) as database:
        ask_make_up(
            database,
            house.vault,
            staff_desk(house.settings),
            for_guardian(database, guardian.id).child(binding_id),
            guardian.id,
            form.wish(),
            back=house.settings.make_up_request_days,
            now=visit.now,
        )


def _read(visit: Visit, binding_id: UUID) -> _Page:
    guardian, now = visit.get_guardian(), visit.now
    with snapshot(visit.house.engine) as database:
        child = for_guardian(database, guardian.id).child(binding_id)
        days = open_days(database, child, visit.house.settings.make_up_request_days, now)
        lines = _lines(database, child, guardian.id, now)
    return _Page(child, days, lines)


def _lines(
    database: Session, child: BoundChild, guardian_id: UUID, now: datetime
) -> list[RequestLine]:
    today = school_day_of(now)
    rows = [
        row
        for row in requests_of_child(database, child.student_id, today - LOOK_BACK)
        # Another guardian says when the child came: what a quiet day keeps back.
        if row.guardian_id == guardian_id or row.school_day < today or not is_quiet(child, now)
    ]
    undone = undone_taps(database, rows)
    return [_line(row, guardian_id, is_undone=row.tap_id in undone) for row in rows]


def _line(row: MakeUpRequest, guardian_id: UUID, *, is_undone: bool) -> RequestLine:
    state, is_own = RequestState(row.state), row.guardian_id == guardian_id
    mark, word = TAKEN_BACK if is_undone else STATES[state]
    why = _(REFUSALS[MakeUpRefusal(row.refusal)]) if row.refusal else ""
    # Which reason another guardian gave is theirs and the school's.
    reason = _(MAKE_UP_REASONS[MakeUpReason(row.reason)]) if is_own else _("另一位家長申請")
    return RequestLine(
        row.id,
        mark,
        _(
            "{day}{kind} {time}",
            day=short_date(row.school_day),
            kind=_(DIRECTIONS[Direction(row.direction)]),
            time=taipei_clock(row.at),
        ),
        parted(_(word), why or reason),
        is_own and state is RequestState.OPEN,
    )


def _render(page: _Page, visit: Visit, form: MakeUpForm, faults: dict[str, str]) -> str:
    child = page.child
    return render_template(
        "make_up.html",
        child=child,
        form=form,
        faults=faults,
        days=day_options(page.days, school_day_of(visit.now)),
        directions=direction_options(),
        reasons=reason_options(),
        longest=LONGEST_WORDS,
        lines=page.lines,
        note=request.args.get("note", ""),
        school_phone=phone_link(child.school_phone) if child.school_phone else None,
    )
