"""A forgotten password: a code to the known phone or mailbox, then a new one."""

from flask import Blueprint, Response, request

from sandbox.taipei_pass.doors.site import find_site, finish
from sandbox.taipei_pass.doors.steps import (
    code_step,
    password_faults,
    send_code,
    show,
    step,
    typed,
    with_visit,
)
from sandbox.taipei_pass.visits import Visit

bp = Blueprint("pass_recovery", __name__, url_prefix="/pass", template_folder="templates")
_BOTH = ["GET", "POST"]
_PROVED = "recovery_proved"


@bp.route("/<visit_id>/forgot", methods=_BOTH)
@with_visit
def forgot(visit: Visit) -> Response:
    """Ask which account it is."""
    if request.method == "GET":
        return show("pass_forgot.html", visit)
    member = find_site(visit.site).directory.find(typed("account"))
    if member is None:
        return show("pass_forgot.html", visit, {"account": "找不到這個帳號。"})
    send_code(visit, member.phone or member.email, "forgot", member.account)
    return step("pass_recovery.code", visit)


@bp.route("/<visit_id>/forgot/code", methods=_BOTH)
@with_visit
def code(visit: Visit) -> Response:
    """Take the code."""

    def go_on(account: str) -> Response:
        visit.answers[_PROVED] = account
        return step("pass_recovery.renew", visit)

    return code_step(visit, "forgot", "pass_recovery.forgot", go_on)


@bp.route("/<visit_id>/forgot/new", methods=_BOTH)
@with_visit
def renew(visit: Visit) -> Response:
    """Take the new password and sign in."""
    account = visit.answers.get(_PROVED)
    if not account:
        return step("pass_recovery.forgot", visit)
    if request.method == "GET":
        return show("pass_renew.html", visit)
    faults = password_faults()
    if faults:
        return show("pass_renew.html", visit, faults)
    find_site(visit.site).directory.set_password(account, request.form["password"])
    return finish(visit, account)
