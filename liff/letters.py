"""退訂 e-mail: ending the letters about a child from the letter itself, signed in or not.

Looking at the page ends nothing, as programs open links to check them. One press does; mail
programs send the same press for their reader. Source: RFC 8058, section 3.2.
"""

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from core.audit import record_audit
from core.db import snapshot, transaction
from core.guards import Guard, declare
from core.languages.speech import speak
from core.mailing.links import Letters, open_letters_link
from core.people.bindings import BoundChild, bound_again, children_of
from core.people.languages import language_of_guardian
from core.people.subscriptions import stop_letters
from liff.visit import current_visit

ONE_CLICK = "List-Unsubscribe"


@declare(Guard.LETTER_LINK)
def show_letters(token: str) -> ResponseReturnValue:
    """Ask once; afterwards say that it is done."""
    visit = current_visit()
    letters = open_letters_link(visit.house.settings, token)
    with snapshot(visit.house.engine) as database:
        speak(language_of_guardian(database, letters.guardian_id))
        children = _children(database, letters)
    name = children[0].given_name if letters.binding_id and children else ""
    is_done = request.args.get("note") == "done" or not children
    return render_template("letters.html", child=name, is_done=is_done)


@declare(Guard.LETTER_LINK)
def end_letters(token: str) -> ResponseReturnValue:
    """End the letters; a second press changes nothing more."""
    visit = current_visit()
    letters = open_letters_link(visit.house.settings, token)
    with transaction(visit.house.engine) as database:
        ended = [child.binding_id for child in _children(database, letters)]
        stop_letters(database, ended, visit.now)
        actor = f"guardian:{letters.guardian_id}"
        record_audit(database, actor=actor, action="letters.end", subject=actor, now=visit.now)
    if ONE_CLICK in request.form:
        # Nobody looks at an answer to a mail program, and it must be no redirect.
        return "", 200
    return redirect(url_for("liff.show_letters", token=token, note="done"), 303)


def _children(database: Session, letters: Letters) -> Sequence[BoundChild]:
    if letters.binding_id is None:
        return children_of(database, letters.guardian_id)
    # The guardian may have bound the child anew since the letter was written.
    return bound_again(database, letters.guardian_id, letters.binding_id)
