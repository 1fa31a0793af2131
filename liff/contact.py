"""The two e-mails and 手機: asked for, proved by a code, corrected, taken out."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.clock import taipei_clock
from core.contact.proofs import (
    DIGITS,
    Asked,
    Proof,
    Tried,
    ask_code,
    last_proof,
    remove_contact,
    try_code,
)
from core.contact.tables import ProofState
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.kinds import UNFINISHED_STATES, NoticeState
from core.languages.speech import N_, _
from core.orders.numbers import follow_number, goes_to
from core.people.contacts import Contact, ContactSlot, contact_in, masked, parse_contact
from core.people.guardians import guardian_name
from core.people.names import masked_name
from liff.guard import linked, proved_recently
from liff.ordering import take_ordering
from liff.present import phone_link
from liff.visit import Visit, current_visit
from liff.ways import TITLES, is_offered, ways_of

FAULTS = {
    "email": N_("e-mail 格式不對，例如 name@example.com"),
    "phone": N_("手機應是 09 開頭的 10 碼"),
    Asked.SAME: N_("這個 e-mail 已在另一欄"),
    Asked.LIMIT: N_("今天的驗證碼已用完，明天 00:00 後可以再試"),
}
CODE = re.compile(rf"\d{{{DIGITS}}}", re.ASCII)
# What may still be typed, and what can be asked for anew on the page of the code.
SHOWN = (ProofState.WAITING, ProofState.EXPIRED, ProofState.SPENT, ProofState.UNSENT)
SHOWN_FOR = timedelta(hours=1)
Faults = dict[str, str]


@dataclass(frozen=True, slots=True)
class CodePage:
    """Where a code went, how that stands, and whether it can be typed."""

    slot: ContactSlot
    masked: str
    sent_at: str
    standing: str
    tries_left: int
    wait_seconds: int

    @property
    def is_open(self) -> bool:
        """Tell whether a code can be typed."""
        return self.standing in ("sending", "sent", "unknown")


@linked
def show_contact() -> ResponseReturnValue:
    """Show how each address stands, and whose the rest is to correct."""
    visit = current_visit()
    guardian = visit.get_guardian()
    with snapshot(visit.house.engine) as database:
        ways = ways_of(database, visit, guardian)
    return render_template(
        "contact.html",
        ways=ways,
        member_name=masked_name(guardian_name(visit.house.vault, guardian)),
        pass_line=phone_link(visit.house.settings.pass_line),
    )


@linked
@proved_recently
def show_field(slot: str) -> ResponseReturnValue:
    """Show the form of one address with what is held."""
    visit, which = current_visit(), _slot(slot)
    held = contact_in(visit.house.vault, visit.get_guardian(), which)
    return _render_field(visit, which, held.address, {})


@linked
@proved_recently
def send_code(slot: str) -> ResponseReturnValue:
    """Send a code to what was typed; it counts once the code came back."""
    visit, which = current_visit(), _slot(slot)
    typed = request.form.get("address", "")
    try:
        address = parse_contact(which, typed)
    except InputError as error:
        return _render_field(visit, which, typed, {"address": _(FAULTS[error.code])}), 422
    if not address or not is_offered(visit.house.settings, which):
        wanted = FAULTS["email" if which.is_email else "phone"]
        return _render_field(visit, which, typed, {"address": _(wanted)}), 422
    asked = _ask(visit, which, address)
    if asked is Asked.PROVED:
        return redirect(url_for("liff.show_account", note="proved"), 303)
    if asked in FAULTS:
        return _render_field(visit, which, typed, {"address": _(FAULTS[asked])}), 422
    if asked is Asked.WAIT and _proof(visit, which) is None:
        # The code before was used, or went with the address: no page waits for it.
        return _render_field(visit, which, typed, {"address": _wait_words(visit, which)}), 422
    return redirect(url_for("liff.show_code", slot=which), 303)


@linked
def show_code(slot: str) -> ResponseReturnValue:
    """Show where the code went, and the field for it."""
    visit, which = current_visit(), _slot(slot)
    page = _code_page(visit, which)
    if page is None:
        return redirect(url_for("liff.show_field", slot=which), 303)
    return _render_code(page, "", {})


@linked
def enter_code(slot: str) -> ResponseReturnValue:
    """Take the typed code; the right one makes the address count."""
    visit, which = current_visit(), _slot(slot)
    typed = unicodedata.normalize("NFKC", request.form.get("code", ""))
    code = re.sub(r"[\s-]", "", typed)
    if not CODE.fullmatch(code):
        return _refuse(visit, which, typed, {"code": _("驗證碼是 4 位數字")})
    with transaction(visit.house.engine) as database:
        guardian_id = visit.get_guardian().id
        tried = try_code(database, visit.house.vault, guardian_id, which, code, now=visit.now)
        if tried is Tried.PROVED and not which.is_email:
            follow_number(database, visit.house.vault, guardian_id, visit.now)
    match tried:
        case Tried.PROVED:
            order = None if which.is_email else take_ordering()
            return redirect(order or url_for("liff.show_account", note="proved"), 303)
        case Tried.NONE:
            return redirect(url_for("liff.show_code", slot=which), 303)
        case Tried.WRONG:
            return _refuse(visit, which, "", {})
        case Tried.SPENT:
            doubt = _("驗證碼不對，已試 5 次，請重新取得")
        case Tried.EXPIRED:
            doubt = _("驗證碼已過期，請重新取得")
        case Tried.SAME:
            held = _(FAULTS[Asked.SAME])
            return _render_field(visit, which, "", {"address": held}), 422
    return _ask_to_resend(visit, which, doubt)


@linked
def resend_code(slot: str) -> ResponseReturnValue:
    """Send a new code to the same address, a minute after the one before."""
    visit, which = current_visit(), _slot(slot)
    proof = _proof(visit, which)
    if proof is None or not is_offered(visit.house.settings, which):
        return redirect(url_for("liff.show_field", slot=which), 303)
    asked = _ask(visit, which, proof.address)
    if asked is Asked.WAIT:
        return _ask_to_resend(visit, which, _wait_words(visit, which))
    if asked in FAULTS:
        return _ask_to_resend(visit, which, _(FAULTS[asked]))
    return redirect(url_for("liff.show_code", slot=which), 303)


@linked
@proved_recently
def show_remove(slot: str) -> ResponseReturnValue:
    """Ask once before an address is forgotten."""
    visit, which = current_visit(), _slot(slot)
    held = contact_in(visit.house.vault, visit.get_guardian(), which)
    if not held.address:
        return redirect(url_for("liff.show_field", slot=which), 303)
    return render_template(
        "contact_remove.html",
        title=_(TITLES[which]),
        masked=held.masked,
        is_ordered=_is_ordered(visit, held),
    )


@linked
@proved_recently
def remove(slot: str) -> ResponseReturnValue:
    """Forget an address, but not a number that ordered texts go to."""
    visit, which = current_visit(), _slot(slot)
    held = contact_in(visit.house.vault, visit.get_guardian(), which)
    if _is_ordered(visit, held):
        return redirect(url_for("liff.show_remove", slot=which), 303)
    if held.address:
        with transaction(visit.house.engine) as database:
            guardian_id = visit.get_guardian().id
            remove_contact(database, visit.house.vault, guardian_id, which, visit.now)
    return redirect(url_for("liff.show_account", note="removed"), 303)


def _is_ordered(visit: Visit, held: Contact) -> bool:
    if held.slot.is_email or not held.address:
        return False
    vault, guardian_id = visit.house.vault, visit.get_guardian().id
    with snapshot(visit.house.engine) as database:
        return goes_to(database, vault, guardian_id, held.address, visit.now)


def _slot(text: str) -> ContactSlot:
    try:
        return ContactSlot(text)
    except ValueError:
        raise AccessError("no_such_page") from None


def _ask(visit: Visit, slot: ContactSlot, address: str) -> Asked:
    with transaction(visit.house.engine) as database:
        guardian_id = visit.get_guardian().id
        asked = ask_code(database, visit.house.vault, guardian_id, slot, address, now=visit.now)
    visit.house.letters_due.set()
    return asked


def _wait_words(visit: Visit, slot: ContactSlot) -> str:
    proof = _last_proof(visit, slot)
    return _("請 {s} 秒後再取得", s=proof.wait_seconds(visit.now) if proof else 0)


def _last_proof(visit: Visit, slot: ContactSlot) -> Proof | None:
    with snapshot(visit.house.engine) as database:
        return last_proof(database, visit.house.vault, visit.get_guardian().id, slot)


def _proof(visit: Visit, slot: ContactSlot) -> Proof | None:
    """Return the code the page is about; None where there is none, or a new one is to be begun."""
    proof = _last_proof(visit, slot)
    is_shown = proof is not None and proof.state in SHOWN
    return proof if proof and is_shown and visit.now - proof.asked_at < SHOWN_FOR else None


def _code_page(visit: Visit, slot: ContactSlot) -> CodePage | None:
    proof = _proof(visit, slot)
    if proof is None:
        return None
    return CodePage(
        slot,
        masked(slot, proof.address),
        taipei_clock(proof.settled_at) if proof.settled_at else "",
        _standing(proof, visit),
        proof.tries_left,
        proof.wait_seconds(visit.now),
    )


def _standing(proof: Proof, visit: Visit) -> str:
    if proof.state is not ProofState.WAITING:
        return proof.state.value
    if visit.now >= proof.expires_at:
        return ProofState.EXPIRED.value
    if proof.letter in UNFINISHED_STATES:
        return "sending"
    return "unknown" if proof.letter is NoticeState.UNKNOWN else "sent"


def _refuse(visit: Visit, slot: ContactSlot, typed: str, faults: Faults) -> ResponseReturnValue:
    page = _code_page(visit, slot)
    if page is None:
        return redirect(url_for("liff.show_field", slot=slot), 303)
    wrong = {"code": _("驗證碼不對，還可試 {n} 次", n=page.tries_left)}
    return _render_code(page, typed, faults or wrong), 422


def _ask_to_resend(visit: Visit, slot: ContactSlot, doubt: str) -> ResponseReturnValue:
    """Say why no code is taken or sent now: there is nothing in the page to correct."""
    page = _code_page(visit, slot)
    if page is None:
        return redirect(url_for("liff.show_field", slot=slot), 303)
    return _render_code(page, "", {}, doubt), 422


def _render_code(page: CodePage, typed: str, faults: Faults, doubt: str = "") -> str:
    return render_template("contact_code.html", page=page, typed=typed, faults=faults, doubt=doubt)


def _render_field(visit: Visit, slot: ContactSlot, typed: str, faults: Faults) -> str:
    return render_template(
        "contact_field.html",
        slot=slot,
        title=_(TITLES[slot]),
        typed=typed,
        faults=faults,
        held=contact_in(visit.house.vault, visit.get_guardian(), slot),
        is_offered=is_offered(visit.house.settings, slot),
    )
