"""Guards: who may see a page. Every view wears exactly one, and `proved_recently` below it where
the step can't be taken back.
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import ParamSpec
from urllib.parse import quote

from flask import current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from core.db import snapshot
from core.guards import Guard, declare
from core.identity.standing import require_real_name
from core.people.sessions import IDLE_LIMIT, is_proved_recently
from core.people.staff import roles_of
from liff.visit import browser_name, current_visit

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]
# A class may be called 六年三班; no sign of ours is ever behind a percent sign.
OWN_PATH = re.compile(r"/liff/(?:[\w/-]|%[89A-F][0-9A-F])*(\?[\w=&%.+~-]*)?", re.ASCII)
HOME = "/liff/home"
# The code of an AccessError for staff whose role does not cover what they asked for.
OUT_OF_ROLE = "out_of_role"
# In the cookie: the form a person opened while proved, and when.
OPENED = "opened"
# In the cookie: the page that asked for proof.
WANTED = "wanted"
READS = ("GET", "HEAD")
# Where a school's code may stand for the name of a general member; the binding itself decides.
BY_CODE = frozenset({"liff.show_new_child", "liff.bind_new_child"})
# What is a linked person's own to decide, whatever the name is worth now: the answer to a new
# notice, and that something ends.
OF_THEIR_OWN = frozenset(
    f"liff.{name}"
    for name in (
        "answer_consent",
        "change_stop",
        "delete_my_data",
        "ask_withdraw_sms",
        "withdraw_sms",
        "ask_cancel_sms",
        "cancel_sms",
    )
)
# Forms that only lead to a change; who may not send them need not fill them in.
CHANGE_FORMS = frozenset(
    f"liff.{name}"
    for name in (
        "show_new_child",
        "show_unbind",
        "show_new_leave",
        "show_withdraw",
        "show_lost_card",
        "show_survey",
        "show_make_up",
        "ask_withdraw_sms",
        "ask_cancel_sms",
    )
)


def open_to_all(view: View[P]) -> View[P]:
    """Let everybody in; the view itself decides what it gives away."""
    return declare(Guard.OPEN)(view)


def signed_in(view: View[P]) -> View[P]:
    """Let LINE users in whom this browser has proved."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if current_visit().web_session is None:
            return _ask_to_sign_in()
        return view(*args, **kwargs)

    return declare(Guard.SIGNED_IN)(guarded)


def linked(view: View[P]) -> View[P]:
    """Let guardians in, to look; to change something only those proved by their real name.

    A LINE user without a guardian is shown the first steps.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        visit = current_visit()
        if visit.web_session is None:
            return _ask_to_sign_in()
        if visit.guardian is None:
            _remember_slip()
            return redirect(url_for("liff.show_home"), 303)
        is_change = request.method not in READS or request.endpoint in CHANGE_FORMS
        if is_change and not (visit.is_linked and request.endpoint in BY_CODE | OF_THEIR_OWN):
            require_real_name(visit.standing)
        return view(*args, **kwargs)

    return declare(Guard.LINKED)(guarded)


def linked_by_any_means(view: View[P]) -> View[P]:
    """Let in whoever has a link, however it stands: ending it must always be possible."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        visit = current_visit()
        if visit.web_session is None:
            return _ask_to_sign_in()
        if not visit.is_linked:
            return redirect(url_for("liff.show_home"), 303)
        return view(*args, **kwargs)

    return declare(Guard.LINKED)(guarded)


def staff(view: View[P]) -> View[P]:
    """Let staff in; what their role does not cover, the view refuses itself."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        visit = current_visit()
        if visit.web_session is None:
            return _ask_to_sign_in()
        with snapshot(visit.house.engine) as database:
            visit.roles = roles_of(database, visit.web_session.line_user_id)
        if not visit.roles:
            return render_template("message.html", kind="not_staff", href=HOME), 403
        return view(*args, **kwargs)

    return declare(Guard.STAFF)(guarded)


def proved_recently(view: View[P]) -> View[P]:
    """Let in whom LINE or Taipei Pass vouched for within ten minutes; others prove it first.

    Wear it below `linked`, `staff` or `signed_in`, on the form and on what it sends. A form opened
    in time may be filled in as long as a session may lie idle.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        visit = current_visit()
        is_proved = is_proved_recently(visit.get_session(), visit.now)
        if not is_proved and not _was_opened(visit.now):
            return _ask_for_proof()
        if is_proved and request.method in READS:
            session[OPENED] = [request.path, int(visit.now.timestamp())]
        return view(*args, **kwargs)

    vars(guarded)["is_sensitive"] = True
    return guarded


def own_path(text: str) -> str:
    """Return the text when it is an address below /liff/, else home: never another site."""
    return text if OWN_PATH.fullmatch(text) else HOME


def here() -> str:
    """Return the address asked for; of one that only takes forms the page above it."""
    query = request.query_string.decode("ascii", "ignore")
    page = _page_at(request.path)
    return own_path(f"{page}?{query}" if query else page)


def _page_at(path: str) -> str:
    """Return the address, or where it only takes forms the nearest page above it."""
    routes = current_app.url_map.bind("")
    while path.count("/") > 1:
        if routes.test(path, "GET"):
            return own_path(quote(path))
        path = path.rpartition("/")[0]
    return HOME


def render_start(wanted: str, *, is_proof: bool = False) -> str:
    """Return the page that proves the LINE user and then goes to the wanted address.

    `is_proof`: the person is signed in and is proved anew for a step that can't be taken back.
    """
    browser_name()
    # Taipei Pass vouches for guardians only: staff are known by their LINE account.
    by_pass = is_proof and current_visit().guardian is not None
    page = {"wanted": own_path(wanted), "is_proof": is_proof, "by_pass": by_pass}
    return render_template("start.html", **page)


def _remember_slip() -> None:
    """Keep the code of a school's slip until its reader is linked: nobody scans it twice."""
    if request.endpoint == "liff.show_new_child" and request.args.get("binding_code"):
        session[WANTED] = here()


def _was_opened(now: datetime) -> bool:
    opened = session.get(OPENED)
    if request.method in READS or not isinstance(opened, list) or len(opened) != 2:
        return False
    path, at = opened
    return bool(path == request.path and 0 <= now.timestamp() - at <= IDLE_LIMIT.total_seconds())


def _ask_for_proof() -> ResponseReturnValue:
    # What Taipei Pass is asked for here ends here.
    session[WANTED] = here()
    if request.method in READS:
        return render_start(here(), is_proof=True), 403
    return redirect(url_for("liff.show_start", prove=1, next=here()), 303)


def take_wanted() -> str | None:
    """Return the page that asked for proof, once; None when none did."""
    wanted = session.pop(WANTED, None)
    return own_path(wanted) if isinstance(wanted, str) else None


def _ask_to_sign_in() -> ResponseReturnValue:
    if request.method in READS:
        return render_start(here())
    return redirect(url_for("liff.show_start", late=1, next=here()), 303)
