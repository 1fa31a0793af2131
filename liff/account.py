"""我的帳號: who is linked, and the ways out."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.clock import TAIPEI, school_day_of
from core.db import snapshot, transaction
from core.notices.trail import is_idle, last_accepted
from core.people.friends import friendship_of
from core.people.guardians import find_link, guardian_name, unlink_account
from core.people.names import masked_name
from core.people.sessions import session_line_name
from liff.guard import linked
from liff.present import day_and_time
from liff.visit import Visit, current_visit


@linked
def show_account() -> ResponseReturnValue:
    """Show the identity, the LINE link and when something was last sent."""
    return render_template("account.html", **_account(current_visit()))


@linked
def show_unlink() -> ResponseReturnValue:
    """Ask once before the link ends."""
    return render_template("unlink.html")


@linked
def change_account() -> ResponseReturnValue:
    """End the link; the children's bindings stay for the next sign-in."""
    visit = current_visit()
    if request.form.get("action") != "unlink":
        return redirect(url_for("liff.show_account"), 303)
    line_user_id = visit.get_session().line_user_id
    with transaction(visit.house.engine) as database:
        unlink_account(database, line_user_id=line_user_id, now=visit.now)
    visit.on_link(line_user_id, False)
    return redirect(url_for("liff.show_home", note="unlinked"), 303)


def _account(visit: Visit) -> dict[str, object]:
    house, guardian, web_session = visit.house, visit.get_guardian(), visit.get_session()
    with snapshot(house.engine) as database:
        link = find_link(database, web_session.line_user_id)
        linked_on = f"{link.linked_at.astimezone(TAIPEI):%Y/%m/%d}" if link else ""
        last = last_accepted(database, guardian.id)
        follows = friendship_of(database, web_session.line_user_id)
        idle = is_idle(database, guardian.id, visit.now)
    name = guardian_name(house.vault, guardian)
    return {
        "initial": name[0],
        "member_name": masked_name(name),
        "line_name": session_line_name(house.vault, web_session),
        "linked_on": linked_on,
        "follows": follows,
        "is_idle": idle,
        "last": day_and_time(last, school_day_of(visit.now)) if last else "",
        "consent_version": guardian.consent_version,
        "consented_on": f"{guardian.consented_at.astimezone(TAIPEI):%Y/%m/%d}",
    }
