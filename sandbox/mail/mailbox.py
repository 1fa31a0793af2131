"""The mailbox on the web: per person, text and HTML shown harmlessly, headers, planned failures."""

from flask import Blueprint, Response, abort, make_response, render_template, request

from sandbox.mail.store import Letter
from sandbox.people import find_by_email
from sandbox.state import current
from sandbox.wire.answer import Refusal
from sandbox.wire.request import list_body

bp = Blueprint("mail", __name__, url_prefix="/mail", template_folder="templates")
# No scripts, no forms, nothing loaded from anywhere: only the letter's own words and colours.
HARMLESS = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@bp.get("")
def mailbox() -> str:
    """List the letters, newest first; `to` narrows it to one address."""
    to = request.args.get("to", "")
    letters = list(reversed(current().mails.letters(to)))
    people = current().world.people
    addresses = sorted({one for letter in current().mails.letters() for one in letter.recipients})
    owners = [(address, find_by_email(people, address)) for address in addresses]
    url = current().mail_server.url
    return render_template("mailbox.html", letters=letters, owners=owners, to=to, smtp_url=url)


@bp.get("/<int:number>")
def letter(number: int) -> str:
    """Show one letter."""
    return render_template("letter.html", letter=_find(number))


@bp.get("/<int:number>/html")
def html(number: int) -> Response:
    """Return the letter's HTML in a strait-jacket."""
    answer = Response(_find(number).body("html"), mimetype="text/html")
    answer.headers["Content-Security-Policy"] = HARMLESS
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@bp.get("/<int:number>/raw")
def raw(number: int) -> Response:
    """Return the exact bytes."""
    return Response(_find(number).raw, mimetype="text/plain")


@bp.get("/messages")
def messages() -> Response:
    """Return all letters as JSON, oldest first; `to` narrows it to one address."""
    return make_response(
        [one.picture() for one in current().mails.letters(request.args.get("to", ""))]
    )


@bp.get("/address")
def address() -> Response:
    """Tell where the SMTP listener is."""
    return make_response({"smtp": current().mail_server.url})


@bp.get("/plan")
def get_plan() -> Response:
    """Return the failures still to come."""
    return make_response(current().mail_plan.rows())


@bp.post("/plan")
def set_plan() -> Response:
    """Replace the planned failures."""
    rows = list_body()
    try:
        current().mail_plan.replace(rows)
    except ValueError as error:
        raise Refusal(400, str(error)) from error
    return make_response("", 204)


def _find(number: int) -> Letter:
    found = current().mails.find(number)
    if found is None:
        abort(404)
    return found
