"""系統整理: what is read stays readable; what would be written waits, and nothing typed is lost.

The city renews its register in these minutes. What is written by yesterday's register could be
lost with it, so nothing is taken; whoever sends a form gets it back, ready to be sent again.
"""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from core.house import House
from core.maintenance import Phase, Window
from liff.visit import current_visit

# Never sent back into a page: secrets, and what belongs to this very request.
SECRETS = frozenset({"national_id", "binding_code", "code"})
UNSAID = SECRETS | {"csrf_token", "id_token"}
# What does not wait. Signing in and out, and links that would run out meanwhile; what ends, stops
# or protects, which nobody may be kept from at any hour.
GOES_ON = frozenset(
    f"liff.{name}"
    for name in (
        "start_session",
        "end_session_here",
        "end_sessions_everywhere",
        "confirm_link",
        "start_account_link",
        "confirm_account_link",
        "confirm_bureau",
        "drop_bureau",
        "disconnect_app",
        "change_language",
        "answer_consent",
        "fetch_copy",
        "print_sheet",
        "take_invitation",
        "unbind",
        "change_account",
        "block_card",
        "change_stop",
        "delete_my_data",
        "end_own",
        "end_received",
        "end_letters",
        "act_on_bindings",
        "send_closure",
        "answer_closure",
        "answer_held",
    )
)


def rest_at_night() -> ResponseReturnValue | None:
    """Give a form back that is sent in the maintenance window."""
    if request.method != "POST" or request.endpoint in GOES_ON or request.endpoint is None:
        return None
    visit = current_visit()
    window = Window.of(visit.house.settings)
    if window.phase(visit.now) is not Phase.NOW:
        return None
    sent = list(request.form.items(multi=True))
    page = render_template(
        "resting.html",
        # A file cannot be put into a page again.
        fields=[] if request.files else [one for one in sent if one[0] not in UNSAID],
        has_file=bool(request.files),
        is_short=any(name in SECRETS and value for name, value in sent),
        **_hours(window),
    )
    return page, 503, {"Retry-After": str(window.seconds_left(visit.now))}


def maintenance_of(house: House) -> dict[str, object] | None:
    """Return what the banner says of the window, or nothing while it is far."""
    window = Window.of(house.settings)
    phase = window.phase(house.clock.now())
    return None if phase is Phase.NONE else {"is_now": phase is Phase.NOW, **_hours(window)}


def _hours(window: Window) -> dict[str, str]:
    return {"starts": f"{window.starts:%H:%M}", "ends": f"{window.ends:%H:%M}"}
