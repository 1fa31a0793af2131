"""我的帳號: who is linked, and the ways out."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.audit import record_audit
from core.calendar.channels import choosable
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.identity.identities import NAME, Provider, find_identity
from core.kinds import Channel
from core.languages.dates import plain_date
from core.languages.speech import N_, _
from core.notices.links import end_link_and_tell
from core.notices.trail import accepted_by, is_idle
from core.notices.try_out import TryOut, send_test
from core.people.bindings import children_of
from core.people.friends import friendship_of
from core.people.guardians import find_link, guardian_name
from core.people.names import masked_name
from core.people.sessions import session_line_name
from liff.app_link import is_app_offered
from liff.deauthorize import deauthorize
from liff.guard import linked, linked_by_any_means, open_to_all
from liff.letter_times import letter_choices
from liff.present import day_and_time
from liff.text_size import SIZES
from liff.visit import Visit, current_visit
from liff.ways import ways_of

TEST_NOTES = {
    TryOut.SENT: "tested",
    TryOut.AGAIN: "test_again",
    TryOut.LIMIT: "test_limit",
    TryOut.NOWHERE: "",
}
SENT_BY = {
    Channel.LINE: "LINE",
    Channel.EMAIL: "e-mail",
    Channel.SMS: N_("簡訊"),
    Channel.APP: N_("酷課 APP"),
}


@linked
def show_account() -> ResponseReturnValue:
    """Show the identity, the LINE link and when something was last sent."""
    return render_template("account.html", **_account(current_visit()))


@linked_by_any_means
def show_unlink() -> ResponseReturnValue:
    """Ask once before the link ends."""
    return render_template("unlink.html")


@linked_by_any_means
def change_account() -> ResponseReturnValue:
    """End the link; the children's bindings stay for the next sign-in."""
    visit = current_visit()
    if request.form.get("action") != "unlink":
        return redirect(url_for("liff.show_account"), 303)
    line_user_id = visit.get_session().line_user_id
    with transaction(visit.house.engine) as database:
        guardian_id = end_link_and_tell(database, visit.house, line_user_id, visit.now)
    visit.house.notices_due.set()
    visit.on_link(line_user_id, False)
    if guardian_id is not None:
        _give_permission_back(visit, guardian_id)
    return redirect(url_for("liff.show_unlinked"), 303)


@linked
def send_test_notice() -> ResponseReturnValue:
    """Send one notice to the guardian's own LINE."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        sent = send_test(database, visit.house.settings, visit.get_guardian(), visit.now)
    visit.house.notices_due.set()
    return redirect(url_for("liff.show_account", note=TEST_NOTES[sent]), 303)


@open_to_all
def show_unlinked() -> ResponseReturnValue:
    """Say that the link has ended; the sessions went with it."""
    return render_template("message.html", kind="unlinked", href=url_for("liff.show_home"))


def _give_permission_back(visit: Visit, guardian_id: UUID) -> None:
    # The page sends the token where LINE's script runs; without it the link is over all the same.
    outcome = deauthorize(visit.house.settings, request.form.get("access_token", ""))
    actor = f"guardian:{guardian_id}"
    with transaction(visit.house.engine) as database:
        record_audit(database, actor=actor, action=outcome, subject=actor, now=visit.now)


def _last_sent(database: Session, visit: Visit, guardian_id: UUID) -> list[str]:
    """Return when each channel last took something: LINE 今天 07:41."""
    today = school_day_of(visit.now)
    found = accepted_by(database, guardian_id)
    return [
        f"{_(said)} {day_and_time(found[channel], today)}"
        for channel, said in SENT_BY.items()
        if channel in found
    ]


def _account(visit: Visit) -> dict[str, object]:
    house, guardian, web_session = visit.house, visit.get_guardian(), visit.get_session()
    with snapshot(house.engine) as database:
        bureau = find_identity(database, Provider.BUREAU, guardian.id)
        link = find_link(database, web_session.line_user_id)
        linked_on = plain_date(school_day_of(link.linked_at)) if link else ""
        last = _last_sent(database, visit, guardian.id)
        ways = ways_of(database, visit, guardian) if visit.is_linked else []
        follows = friendship_of(database, web_session.line_user_id)
        idle = is_idle(database, guardian.id, visit.now)
        children = children_of(database, guardian.id)
        has_app_push = is_app_offered(database, visit, children)
        schools = {child.school_code for child in children}
        channels = choosable(database, schools, school_day_of(visit.now))
    name = guardian_name(house.vault, guardian)
    has_email = any(way.slot.is_email and way.is_verified for way in ways)
    return {
        **letter_choices(guardian, has_email=has_email and Channel.EMAIL in channels),
        "note": request.args.get("note", ""),
        "is_stopped": guardian.stopped_at is not None,
        "ways": ways,
        "has_app_push": has_app_push,
        "has_app": guardian.app_token_sealed is not None,
        "sends_email": Channel.EMAIL in channels,
        "is_line_only": channels.isdisjoint({Channel.EMAIL, Channel.SMS}),
        "sizes": [(size, _(word), size == guardian.text_size) for size, word in SIZES.items()],
        "children": [(child.binding_id, child.given_name) for child in children],
        "initial": name[0],
        "member_name": masked_name(name),
        "line_name": session_line_name(house.vault, web_session),
        "linked_on": linked_on,
        "follows": follows,
        "is_linked": visit.is_linked,
        "bureau_name": masked_name(house.vault.open(bureau.name_sealed, NAME)) if bureau else "",
        "is_idle": idle,
        "last": last,
        "consent_version": guardian.consent_version,
        "consented_on": plain_date(school_day_of(guardian.consented_at)),
    }
