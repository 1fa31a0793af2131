"""字體: how large every page is written for whoever chose it."""

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core.db import transaction
from core.languages.speech import N_
from core.people.text_size import TextSize, save_text_size
from liff.guard import linked
from liff.visit import Visit, current_visit

SIZES = {
    TextSize.STANDARD: N_("標準"),
    TextSize.LARGE: N_("大"),
    TextSize.LARGEST: N_("特大"),
}


@linked
def change_text_size() -> ResponseReturnValue:
    """Keep the chosen size with the guardian; an unknown one changes nothing."""
    visit = current_visit()
    typed = request.form.get("size", "")
    if typed in {size.value for size in TextSize}:
        with transaction(visit.house.engine) as database:
            save_text_size(database, visit.get_guardian().id, TextSize(typed))
    return redirect(url_for("liff.show_account", note="sized"), 303)


def chosen_size() -> str:
    """Return the guardian's size, "" for the standard one and where we know of nobody."""
    visit: Visit | None = g.get("visit")
    if visit is None or visit.guardian is None or not visit.is_linked:
        return ""
    size = visit.guardian.text_size
    return "" if size == TextSize.STANDARD else size
