"""Guards: who may see a page. Every view wears exactly one."""

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.db import snapshot
from core.people.staff import roles_of
from liff.visit import current_visit

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]
OWN_PATH = re.compile(r"/liff/[\w/-]*(\?[\w=&%.+~-]*)?", re.ASCII)
HOME = "/liff/home"
# The code of an AccessError for staff whose role does not cover what they asked for.
OUT_OF_ROLE = "out_of_role"


def open_to_all(view: View[P]) -> View[P]:
    """Let everybody in; the view itself decides what it gives away."""
    return _wear(view, "open_to_all")


def signed_in(view: View[P]) -> View[P]:
    """Let LINE users in whom this browser has proved."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if current_visit().web_session is None:
            return _ask_to_sign_in()
        return view(*args, **kwargs)

    return _wear(guarded, "signed_in")


def linked(view: View[P]) -> View[P]:
    """Let guardians in; a LINE user without one is shown the first steps."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        visit = current_visit()
        if visit.web_session is None:
            return _ask_to_sign_in()
        if visit.guardian is None:
            return redirect(url_for("liff.show_home"), 303)
        return view(*args, **kwargs)

    return _wear(guarded, "linked")


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

    return _wear(guarded, "staff")


def own_path(text: str) -> str:
    """Return the text when it is an address below /liff/, else home: never another site."""
    return text if OWN_PATH.fullmatch(text) else HOME


def render_start(wanted: str) -> str:
    """Return the page that proves the LINE user and then goes to the wanted address."""
    return render_template("start.html", wanted=own_path(wanted))


def _ask_to_sign_in() -> ResponseReturnValue:
    query = request.query_string.decode("ascii", "ignore")
    here = own_path(f"{request.path}?{query}" if query else request.path)
    if request.method in ("GET", "HEAD"):
        return render_start(here)
    return redirect(url_for("liff.show_start", late=1, next=here), 303)


def _wear(view: View[P], guard: str) -> View[P]:
    vars(view)["guard"] = guard
    return view
