"""只顯示一次: an invitation code or a reader's secret, for whoever asked for it."""

from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from core.db import snapshot, transaction
from core.people.one_time import is_waiting, show_text
from liff.guard import staff
from liff.visit import current_visit


@staff
def ask_shown_once(text_id: UUID) -> ResponseReturnValue:
    """Say what is about to be shown once; nothing is spent by looking."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        waits = is_waiting(database, text_id, visit.actors, visit.now)
    return render_template("staff/shown_once_ask.html", waits=waits)


@staff
def show_once(text_id: UUID) -> ResponseReturnValue:
    """Show it, once."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        facts = show_text(database, visit.house.vault, text_id, visit.actors, visit.now)
    if facts is None:
        return redirect(url_for("liff.ask_shown_once", text_id=text_id), 303)
    return render_template("staff/shown_once.html", facts=facts)
