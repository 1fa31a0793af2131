"""立即申辦: which flow somebody is in, so that its last step leads back to the list of topics.

The address carries it over a sign-in, which empties the cookie; the cookie over the forms.
"""

from flask import request, session, url_for

APPLYING = "applying"


def new_child_page() -> str:
    """Return the form that binds a child, as a step of applying."""
    return url_for("liff.show_new_child", apply=1, note="linked")


def note_applying() -> None:
    """Remember that this form was opened as a step of applying."""
    if "apply" in request.args:
        start_applying()


def start_applying() -> None:
    """Remember that somebody applies."""
    session[APPLYING] = True


def is_applying() -> bool:
    """Tell whether the next boxes saved are the last step."""
    return APPLYING in session


def take_applied() -> str | None:
    """Return where to go once the boxes are saved, once; None outside of the flow."""
    return url_for("liff.show_topics", note="applied") if session.pop(APPLYING, None) else None
