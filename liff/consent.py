"""The notice again when its text changed, and the history of answers.

Whoever agreed to an earlier version is asked before any other page. Notices go on meanwhile: an
unread page must not keep a parent from hearing that a child has not arrived.
"""

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.db import snapshot, transaction
from core.languages.dates import plain_date, plain_moment
from core.languages.speech import N_, _
from core.people.consents import ConsentWay, agree_again, consents_of, record_consent
from liff.guard import HOME, here, linked, own_path
from liff.privacy import CONSENT, notice_facts
from liff.visit import current_visit

# Rights don't wait for a consent, and neither does the question itself.
UNASKED = frozenset(
    f"liff.{name}"
    for name in (
        "show_consent",
        "show_consents",
        "show_my_data",
        "show_copy",
        "show_stop",
        "show_delete",
        "show_unlink",
    )
)
WAYS = {
    ConsentWay.LINK: N_("連結台北通時同意"),
    ConsentWay.AGAIN: N_("內容更新後同意"),
    ConsentWay.DECLINED: N_("內容更新後沒有同意"),
}


def ask_again() -> ResponseReturnValue | None:
    """Lead a guardian whose consent is for an earlier version to the notice; others go on.

    Whoever only looks by another account can't answer for the guardian, and is not asked.
    """
    visit = current_visit()
    guardian = visit.guardian if visit.is_linked else None
    if guardian is None or guardian.consent_version == CONSENT.version:
        return None
    view = current_app.view_functions.get(request.endpoint or "")
    is_theirs = vars(view).get("guard") == "linked" if view else False
    if request.method not in ("GET", "HEAD") or request.endpoint in UNASKED:
        return None
    if not is_theirs and request.endpoint != "liff.show_home":
        return None
    return redirect(url_for("liff.show_consent", next=here()), 303)


@linked
def show_consent() -> ResponseReturnValue:
    """Show what changed and the whole notice."""
    return _render(is_wrong=False)


@linked
def answer_consent() -> ResponseReturnValue:
    """Take the yes, or write the no down and show what can be done."""
    visit = current_visit()
    guardian_id = visit.get_guardian().id
    if request.form.get("answer") == "no":
        with transaction(visit.house.engine) as database:
            record_consent(database, guardian_id, CONSENT.version, ConsentWay.DECLINED, visit.now)
        return redirect(url_for("liff.show_my_data", note="declined"), 303)
    if request.form.get("consent") != CONSENT.version:
        return _render(is_wrong=True), 422
    with transaction(visit.house.engine) as database:
        agree_again(database, guardian_id, CONSENT.version, visit.now)
    return redirect(own_path(request.form.get("next", HOME)), 303)


@linked
def show_consents() -> ResponseReturnValue:
    """Show every answer, newest first."""
    visit = current_visit()
    guardian = visit.get_guardian()
    with snapshot(visit.house.engine) as database:
        rows = consents_of(database, guardian.id)
    answers = [(plain_moment(one.at), one.version, _(WAYS[ConsentWay(one.how)])) for one in rows]
    return render_template("consents.html", answers=answers)


def _render(*, is_wrong: bool) -> str:
    return render_template(
        "consent.html",
        consent=CONSENT,
        day=plain_date(CONSENT.day),
        wanted=own_path(request.values.get("next", HOME)),
        is_wrong=is_wrong,
        **notice_facts(current_visit().house.settings),
    )
