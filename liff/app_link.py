"""酷課 APP: whether it is connected, connecting it by the bureau's account, and ending that."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.app_push.connecting import Connecting, connect_app
from core.calendar.channels import choosable
from core.clock import school_day_of
from core.db import snapshot, transaction
from core.identity.identities import NAME, Provider, find_identity
from core.kinds import Channel
from core.languages.dates import plain_date
from core.people.app_tokens import forget_app_token
from core.people.bindings import BoundChild, children_of
from core.people.names import masked_name
from core.post.app_push import app_gateway
from core.post.connected import is_connected
from liff.guard import linked
from liff.visit import Visit, current_visit

NOTES = {
    Connecting.DONE: "connected",
    Connecting.NO_ACCOUNT: "",
    Connecting.NO_APP: "no_app",
    Connecting.DOWN: "down",
}


@linked
def show_app() -> ResponseReturnValue:
    """Show how the app stands, and the one thing to do next."""
    visit = current_visit()
    guardian = visit.get_guardian()
    with snapshot(visit.house.engine) as database:
        identity = find_identity(database, Provider.BUREAU, guardian.id)
        children = children_of(database, guardian.id)
        is_offered = is_app_offered(database, visit, children)
    connected_at = guardian.app_connected_at
    return render_template(
        "app_link.html",
        note=request.args.get("note", ""),
        is_offered=is_offered,
        account=masked_name(visit.house.vault.open(identity.name_sealed, NAME)) if identity else "",
        connected_on=plain_date(school_day_of(connected_at)) if connected_at else "",
        children=[(child.binding_id, child.given_name) for child in children],
    )


@linked
def connect() -> ResponseReturnValue:
    """Have the gateway find the app, and say how that went."""
    visit = current_visit()
    gateway, guardian_id = app_gateway(visit.house.settings), visit.get_guardian().id
    with snapshot(visit.house.engine) as database:
        is_offered = is_app_offered(database, visit, children_of(database, guardian_id))
    if gateway is None or not is_offered:
        return redirect(url_for("liff.show_app"), 303)
    done = connect_app(visit.house, gateway, guardian_id, visit.now)
    return redirect(url_for("liff.show_app", note=NOTES[done] or None), 303)


@linked
def disconnect_app() -> ResponseReturnValue:
    """Forget the app; its boxes stay ticked, and wait for it."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        forget_app_token(database, visit.get_guardian().id, visit.now)
    return redirect(url_for("liff.show_app", note="ended"), 303)


def is_app_offered(database: Session, visit: Visit, children: list[BoundChild]) -> bool:
    """Tell whether the app has a gateway here, and a school of the children offers it."""
    if not is_connected(visit.house.settings, Channel.APP):
        return False
    schools = {child.school_code for child in children}
    return Channel.APP in choosable(database, schools, school_day_of(visit.now))
