"""Ways to sign in: password, QR code with the app, mobile citizen certificate, phone carrier."""

import segno
from flask import Blueprint, Response, make_response, render_template, request

from sandbox.sms.gateway import SmsRefused, mobile_number
from sandbox.state import current
from sandbox.taipei_pass.directory import GENERAL
from sandbox.taipei_pass.doors.site import find_site, finish, go_back
from sandbox.taipei_pass.doors.steps import (
    code_step,
    send_code,
    show,
    step,
    typed,
    typed_claim,
    with_visit,
)
from sandbox.taipei_pass.proofs import ProofRefused
from sandbox.taipei_pass.visits import Visit

bp = Blueprint("pass_login", __name__, url_prefix="/pass", template_folder="templates")
_BOTH = ["GET", "POST"]


@bp.get("/<visit_id>/")
@with_visit
def choose(visit: Visit) -> Response:
    """Show the ways to sign in to Taipei Pass, as its own start page does."""
    site = find_site(visit.site)
    members = list(site.directory.members.values())
    title = "台北通" if site.name == "isso" else site.title
    return show("taipei_pass.html", visit, members=members, carried={}, title=title)


@bp.post("/<visit_id>/")
@with_visit
def choose_sample(visit: Visit) -> Response:
    """Go back as the sample member that was pressed, or with nothing."""
    account = typed("sandbox_member")
    if account in find_site(visit.site).directory.members:
        return finish(visit, account)
    if "cancel" in request.form and visit.request:
        current().pass_visits.end(visit)
        return go_back(visit.request, {"error": "access_denied"})
    return choose(visit.visit_id)


@bp.route("/<visit_id>/password", methods=_BOTH)
@with_visit
def password(visit: Visit) -> Response:
    """Sign in by account and password, as a person or for an organisation.

    With `then=gold` a general member goes on to be raised instead.
    """
    if request.method == "GET":
        return show("pass_password.html", visit)
    directory = find_site(visit.site).directory
    kind = typed("kind") or "personal"
    member = directory.sign_in(typed("account"), request.form.get("password", ""), kind)
    if member is None:
        return show("pass_password.html", visit, {"account": "帳號或密碼不正確。"})
    if request.values.get("then") == "gold" and member.verify_level == GENERAL:
        visit.account = member.account
        return step("pass_gold.ways", visit)
    return finish(visit, member.account)


@bp.route("/<visit_id>/qr", methods=_BOTH)
@with_visit
def qr(visit: Visit) -> Response:
    """Show a QR code; sign in once the app has said yes to it."""
    if request.method == "POST" and visit.qr_account:
        return finish(visit, visit.qr_account)
    is_good = current().pass_visits.find_by_qr(visit.qr_token) is not None
    errors = {}
    if request.method == "POST" and "again" not in request.form:
        errors = {
            "qr": "還沒有在 APP 按「同意登入」。" if is_good else "QR code 過期了，請掃新的。"
        }
    if not is_good or "again" in request.form:
        current().pass_visits.show_qr(visit)
    address = f"{current().settings.origin}/pass/app/{visit.qr_token}"
    picture = segno.make(address).svg_inline(scale=5, border=2, light="#fff", omitsize=True)
    return show("pass_qr.html", visit, errors, picture=picture, address=address)


@bp.get("/<visit_id>/qr/state")
@with_visit
def qr_state(visit: Visit) -> Response:
    """Tell the page's script whether the app has said yes."""
    return make_response({"approved": bool(visit.qr_account)})


@bp.route("/app/<token>", methods=_BOTH)
def app(token: str) -> Response:
    """Be the app that scanned the code: whose phone is it, and is it a yes?"""
    visit = current().pass_visits.find_by_qr(token)
    if visit is None:
        return _told("QR code 過期了", "請在登入頁重新產生。", 410)
    members = find_site(visit.site).directory.members
    account = typed("account")
    if account in members:
        visit.qr_account = account
        return _told("已同意登入", "請回到剛才的登入頁。", 200)
    return make_response(render_template("pass_app.html", members=list(members.values())))


@bp.route("/<visit_id>/fido", methods=_BOTH)
@with_visit
def fido(visit: Visit) -> Response:
    """Sign in by mobile citizen certificate: the number, then a code to the paired phone."""
    if request.method == "GET":
        return show("pass_fido.html", visit)
    member = find_site(visit.site).directory.find_by_id(typed("id_number").upper())
    if member is None or not member.phone:
        words = "這個身分證字號沒有配對行動自然人憑證。"
        return show("pass_fido.html", visit, {"id_number": words})
    send_code(visit, member.phone, "fido", member.account)
    return step("pass_login.fido_code", visit)


@bp.route("/<visit_id>/fido/code", methods=_BOTH)
@with_visit
def fido_code(visit: Visit) -> Response:
    """Take the pairing code."""
    return code_step(visit, "fido", "pass_login.fido", lambda account: finish(visit, account))


@bp.route("/<visit_id>/carrier", methods=_BOTH)
@with_visit
def carrier(visit: Visit) -> Response:
    """Sign in by the phone line, which the carrier recognises over mobile data."""
    if request.method == "GET":
        return show("pass_carrier.html", visit, heading="手機電信驗證", is_gold=False)
    claim = typed_claim()
    member = find_site(visit.site).directory.find_by_id(claim.id_number)
    try:
        phone = mobile_number(typed("phone"))
        current().pass_proofs.check_line(claim, phone, is_mobile_data=typed("network") == "mobile")
    except SmsRefused:
        errors = {"phone": "請填 09 開頭的 10 碼手機號碼。"}
    except ProofRefused as refusal:
        errors = {refusal.field: str(refusal)}
    else:
        errors = {} if member else {"id_number": "這個身分還不是金質會員，請先用其他方式登入。"}
    if member is None or errors:
        return show("pass_carrier.html", visit, errors, heading="手機電信驗證", is_gold=False)
    return finish(visit, member.account)


def _told(heading: str, text: str, status: int) -> Response:
    return make_response(render_template("line_told.html", heading=heading, text=text), status)
