"""When a guardian's letters come, and whether LINE is tried out for them each month."""

from datetime import time
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from core.db import transaction
from core.languages.speech import _
from core.people.letter_times import LETTER_TIMES, save_letter_time, save_wants_tests
from core.people.tables import Guardian
from liff.guard import linked
from liff.visit import current_visit

OFFERED = {f"{at:%H:%M}": at for at in LETTER_TIMES}


@linked
def change_letter_time() -> ResponseReturnValue:
    """Keep the chosen time, none for each letter as it is written; a wrong one changes nothing."""
    visit, typed = current_visit(), request.form.get("emails_at", "")
    if not typed or typed in OFFERED:
        with transaction(visit.house.engine) as database:
            save_letter_time(database, visit.get_guardian().id, OFFERED.get(typed))
    return redirect(url_for("liff.show_account", note="sized", _anchor="reach"), 303)


@linked
def change_monthly_test() -> ResponseReturnValue:
    """Keep whether a test comes in a month in which nothing else did."""
    visit = current_visit()
    wants_tests = request.form.get("wanted") == "on"
    with transaction(visit.house.engine) as database:
        save_wants_tests(database, visit.get_guardian().id, wants_tests=wants_tests)
    return redirect(url_for("liff.show_account", note="sized"), 303)


def letter_choices(guardian: Guardian, *, has_email: bool) -> dict[str, Any]:
    """Return what the account page offers; no times to whom no letters go."""
    at: time | None = guardian.emails_at
    days = current_visit().house.settings.channel_check_days
    times = [(value, _("每天 {time} 一封", time=value)) for value in OFFERED] if has_email else []
    return {
        "letter_times": times,
        "emails_at": f"{at:%H:%M}" if at else "",
        "has_monthly_test": bool(days),
        "check_days": days,
        "wants_tests": guardian.wants_tests,
    }
