"""代收: a guardian lends a child's arrivals and departures; either side can stop at any time."""

from datetime import date
from urllib.parse import quote, urlencode
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.binding.delegate_ends import end_by_owner, end_by_receiver
from core.binding.delegates import (
    LONGEST,
    accept,
    code_of,
    delegates_of,
    delegations_to,
    find_invitation,
    has_taken,
    invite_delegate,
)
from core.binding.tables import Delegate, DelegateLabel
from core.calendar.scopes import Place
from core.calendar.terms import term_end
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.errors import InputError
from core.languages.dates import short_date
from core.languages.speech import N_, _
from core.notices.partings import tell_delegate_added, tell_delegates_ended
from core.people.bindings import BoundChild, get_child
from core.people.doors import for_guardian
from core.people.tables import School
from liff.guard import linked, signed_in
from liff.moments import parse_day
from liff.visit import Visit, current_visit

LABELS = {
    DelegateLabel.GRANDPARENT: N_("阿公、阿嬤"),
    DelegateLabel.CLUB: N_("安親班、課後班"),
    DelegateLabel.RELATIVE: N_("其他家人"),
    DelegateLabel.OTHER: N_("其他"),
}
FAULTS = {
    "past": N_("日期已經過了"),
    "too_long": N_("代收最長到學期末"),
    "quiet": N_("新綁定的 24 小時內還不能請人代收"),
    "not_possible": N_("目前不能請人代收，請聯絡學校"),
    "too_many": N_("最多請 4 位代收，請先停止一位"),
}

LINK_OVER = N_("這個連結不能使用：可能已經用過、過期或取消。請家長再邀請一次。")


@linked
def show_delegates(binding_id: UUID) -> ResponseReturnValue:
    """Show who receives in this guardian's stead, and links that wait."""
    return _render_own(binding_id, {})


@linked
def invite(binding_id: UUID) -> ResponseReturnValue:
    """Make a link for one person."""
    visit = current_visit()
    label, until = request.form.get("label", ""), parse_day(request.form.get("until", ""))
    faults = {} if label in set(DelegateLabel) else {"label": _("請選擇是誰")}
    if until is None:
        faults["until"] = _("請選擇日期")
    if not faults and until is not None:
        faults = _invite(visit, binding_id, DelegateLabel(label), until)
    if faults:
        return _render_own(binding_id, faults), 422
    return redirect(url_for("liff.show_delegates", binding_id=binding_id, note="made"), 303)


def _invite(visit: Visit, binding_id: UUID, label: DelegateLabel, until: date) -> dict[str, str]:
    try:
        with transaction(visit.house.engine) as database:
            child = get_child(database, visit.get_guardian().id, binding_id)
            invite_delegate(
                database,
                visit.house.vault,
                binding=for_guardian(database, visit.get_guardian().id).binding(binding_id),
                label=label,
                until=until,
                last_day=_last_day(database, visit, child),
                now=visit.now,
            )
    except InputError as error:
        return {error.field or "until": _(FAULTS[error.code])}
    return {}


@linked
def end_own(binding_id: UUID, delegate_id: UUID) -> ResponseReturnValue:
    """End what this guardian gave; it is over at once."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        guardian_id = visit.get_guardian().id
        get_child(database, guardian_id, binding_id)
        ended = end_by_owner(database, delegate_id, guardian_id, visit.now)
        if ended is not None and ended.delegate.accepted_at is not None:
            tell_delegates_ended(database, visit.house.settings, [ended], visit.now)
    visit.house.notices_due.set()
    return redirect(url_for("liff.show_delegates", binding_id=binding_id, note="ended"), 303)


@signed_in
def show_invitation() -> ResponseReturnValue:
    """Show the form of a link; what it is for is said when the code is sent."""
    visit, code = current_visit(), request.args.get("code", "")
    with snapshot(visit.house.engine) as database:
        is_taken = _has_taken(database, visit, code)
    return _to_taken() if is_taken else render_template("delegate.html", code=code, refusal="")


@signed_in
def take_invitation() -> ResponseReturnValue:
    """Say what a code invites to, and take it once the person agrees."""
    visit = current_visit()
    code, user = request.form.get("code", ""), visit.get_session().line_user_id
    try:
        with transaction(visit.house.engine) as database:
            if _has_taken(database, visit, code):
                # Sent twice, or the link pressed again on another day.
                return _to_taken()
            found = find_invitation(database, visit.house.vault, code, user, visit.now)
            is_agreed = found is not None and request.form.get("answer") == "yes"
            if found is not None and is_agreed:
                if not accept(database, visit.house.vault, found.delegate.id, user, visit.now):
                    found = None
                else:
                    found.delegate.line_user_id = user
                    tell_delegate_added(database, visit.house.settings, found, visit.now)
    except InputError:
        return _refuse(code, _("今天的 5 次已用完，明天 00:00 後可再試。")), 429
    if found is None:
        return _refuse(code, _(LINK_OVER)), 422
    if not is_agreed:
        until = short_date(found.delegate.until)
        return render_template("delegate_agree.html", code=code, child=found.child, until=until)
    visit.house.notices_due.set()
    return _to_taken(note="taken")


@signed_in
def show_delegations() -> ResponseReturnValue:
    """Show what this LINE user receives: given name and last day, nothing else."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        found = delegations_to(database, visit.get_session().line_user_id, visit.now)
    return render_template(
        "delegations.html",
        note=request.args.get("note", ""),
        found=[(one.delegate.id, one.child, short_date(one.delegate.until)) for one in found],
    )


@signed_in
def end_received(delegate_id: UUID) -> ResponseReturnValue:
    """Stop receiving, at once."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        user = visit.get_session().line_user_id
        ended = end_by_receiver(database, delegate_id, user, visit.now)
        if ended is not None:
            tell_delegates_ended(database, visit.house.settings, [ended], visit.now)
    visit.house.notices_due.set()
    return redirect(url_for("liff.show_delegations", note="ended"), 303)


def _has_taken(database: Session, visit: Visit, code: str) -> bool:
    user = visit.get_session().line_user_id
    return has_taken(database, visit.house.vault, code, user, visit.now)


def _to_taken(note: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("liff.show_delegations", note=note), 303)


def _refuse(code: str, refusal: str) -> str:
    return render_template("delegate.html", code=code, refusal=refusal)


def _last_day(database: Session, visit: Visit, child: BoundChild) -> date | None:
    school = database.get_one(School, child.school_code)
    place = Place(school.code, child.grade, school.district, school.level)
    return term_end(database, place, school_day_of(visit.now))


def _render_own(binding_id: UUID, faults: dict[str, str]) -> str:
    visit = current_visit()
    today = school_day_of(visit.now)
    with snapshot(visit.house.engine) as database:
        child = get_child(database, visit.get_guardian().id, binding_id)
        found = delegates_of(database, binding_id, visit.now)
        last_day = _last_day(database, visit, child) or today + LONGEST
    return render_template(
        "delegates.html",
        child=child,
        note=request.args.get("note", ""),
        faults=faults,
        typed=request.form,
        labels=[(label.value, _(words), "") for label, words in LABELS.items()],
        today=today,
        last_day=last_day,
        found=[_line(visit, one) for one in found],
    )


def _line(visit: Visit, one: Delegate) -> dict[str, object]:
    code = code_of(visit.house.vault, one)
    liff_id = visit.house.settings.liff_id
    link = f"https://liff.line.me/{liff_id}/delegate?{urlencode({'code': code})}" if code else ""
    return {
        "id": one.id,
        "label": _(LABELS[DelegateLabel(one.label)]),
        "until": short_date(one.until),
        "link": link,
        # Source: LINE's URL scheme "share a text": asks whom to send it to, phone and desktop.
        "share": f"https://line.me/R/share?{urlencode({'text': link}, quote_via=quote)}",
    }
