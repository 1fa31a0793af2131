"""Raising a general member to gold: by phone line, citizen certificate or counter."""

from collections.abc import Callable

from flask import Blueprint, Response, request

from sandbox.sms.gateway import SmsRefused, mobile_number
from sandbox.state import current
from sandbox.taipei_pass.doors.site import find_site, finish
from sandbox.taipei_pass.doors.steps import (
    Errors,
    code_step,
    send_code,
    show,
    step,
    typed,
    typed_claim,
    with_visit,
)
from sandbox.taipei_pass.members import Member
from sandbox.taipei_pass.proofs import Claim, ProofRefused
from sandbox.taipei_pass.visits import Visit

bp = Blueprint("pass_gold", __name__, url_prefix="/pass", template_folder="templates")
_BOTH = ["GET", "POST"]


def for_member(view: Callable[[Visit, Member], Response]) -> Callable[..., Response]:
    """Give the view the member of this visit who may be raised; others sign in first."""

    def wrapped(visit: Visit) -> Response:
        member = find_site(visit.site).directory.members.get(visit.account)
        return view(visit, member) if member else step("pass_login.password", visit)

    wrapped.__name__, wrapped.__doc__ = view.__name__, view.__doc__
    return with_visit(wrapped)


@bp.get("/<visit_id>/gold")
@for_member
def ways(visit: Visit, member: Member) -> Response:
    """Offer the three ways; an organisation has one of its own."""
    if member.kind == "organization":
        return step("pass_gold.organization", visit)
    return show("gold_ways.html", visit)


@bp.route("/<visit_id>/gold/carrier", methods=_BOTH)
@for_member
def carrier(visit: Visit, member: Member) -> Response:
    """Ask for number, birthday and phone line, and send a code to it."""
    if request.method == "GET":
        return _carrier_page(visit)
    claim = typed_claim()
    try:
        phone = mobile_number(typed("phone"))
        if not typed("consent"):
            raise ProofRefused("consent", "請先勾選同意向電信業者查詢。")
        proofs = current().pass_proofs
        proofs.check_line(claim, phone, is_mobile_data=typed("network") == "mobile")
        proofs.check_unused(claim, member)
    except SmsRefused:
        return _carrier_page(visit, {"phone": "請填 09 開頭的 10 碼手機號碼。"})
    except ProofRefused as refusal:
        return _carrier_page(visit, {refusal.field: str(refusal)})
    send_code(visit, phone, "gold", f"{claim.id_number} {claim.birthday}")
    return step("pass_gold.carrier_code", visit)


@bp.route("/<visit_id>/gold/carrier/code", methods=_BOTH)
@for_member
def carrier_code(visit: Visit, member: Member) -> Response:
    """Take the code sent to the line."""

    def go_on(subject: str) -> Response:
        claim = Claim(*subject.split(" "))
        return _raise(visit, member, claim, lambda faults: _carrier_page(visit, faults))

    return code_step(visit, "gold", "pass_gold.carrier", go_on)


@bp.route("/<visit_id>/gold/certificate", methods=_BOTH)
@for_member
def certificate(visit: Visit, member: Member) -> Response:
    """Read the citizen certificate."""
    if request.method == "GET":
        return show("gold_certificate.html", visit)
    claim = typed_claim()

    def again(faults: Errors) -> Response:
        return show("gold_certificate.html", visit, faults)

    try:
        current().pass_proofs.check_certificate(claim, typed("pin"))
    except ProofRefused as refusal:
        return again({refusal.field: str(refusal)})
    return _raise(visit, member, claim, again)


@bp.route("/<visit_id>/gold/counter", methods=_BOTH)
@for_member
def counter(visit: Visit, member: Member) -> Response:
    """Take the code the counter gave; the sandbox plays the counter, too."""
    if request.method == "GET":
        return show("gold_counter.html", visit)
    proofs = current().pass_proofs
    try:
        if "make" in request.form:
            return show("gold_counter.html", visit, made=proofs.make_counter_code(typed_claim()))
        claim = proofs.take_counter_code(typed("counter_code"))
    except ProofRefused as refusal:
        return show("gold_counter.html", visit, {refusal.field: str(refusal)})
    return _raise(visit, member, claim, lambda faults: show("gold_counter.html", visit, faults))


@bp.route("/<visit_id>/gold/organization", methods=_BOTH)
@for_member
def organization(visit: Visit, member: Member) -> Response:
    """Read the certificate of a business or an organisation."""
    if request.method == "GET":
        return show("gold_organization.html", visit)
    try:
        current().pass_proofs.check_organization(typed("unified_number"), typed("pin"))
    except ProofRefused as refusal:
        return show("gold_organization.html", visit, {refusal.field: str(refusal)})
    current().pass_directory.raise_organization(member.account, typed("unified_number"))
    return step("pass_gold.done", visit)


@bp.route("/<visit_id>/gold/done", methods=_BOTH)
@for_member
def done(visit: Visit, member: Member) -> Response:
    """Say that the member is gold now, and go on."""
    if member.verify_level == "0":
        return step("pass_gold.ways", visit)
    return (
        finish(visit, member.account) if request.method == "POST" else show("gold_done.html", visit)
    )


def _carrier_page(visit: Visit, errors: Errors | None = None) -> Response:
    return show("pass_carrier.html", visit, errors, heading="手機門號認證", is_gold=True)


def _raise(
    visit: Visit, member: Member, claim: Claim, again: Callable[[Errors], Response]
) -> Response:
    try:
        current().pass_proofs.raise_to_gold(member, claim)
    except ProofRefused as refusal:
        return again({refusal.field: str(refusal)})
    return step("pass_gold.done", visit)
