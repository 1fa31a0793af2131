"""The consent notice and the guide: what anybody may read."""

from dataclasses import dataclass
from datetime import date

from flask import render_template
from flask.typing import ResponseReturnValue

from liff.guard import open_to_all
from liff.present import phone_link
from liff.visit import current_visit


@dataclass(frozen=True, slots=True)
class Consent:
    """The notice a guardian agrees to; a changed text gets a new version."""

    version: str
    day: date


CONSENT = Consent("1", date(2026, 11, 1))


@open_to_all
def show_privacy() -> ResponseReturnValue:
    """Show the notice with its version and date."""
    settings = current_visit().house.settings
    return render_template(
        "privacy.html",
        consent=CONSENT,
        day=f"{CONSENT.day:%Y/%m/%d}",
        hotline=phone_link(settings.hotline),
        privacy_line=phone_link(settings.privacy_line),
    )


@open_to_all
def show_help() -> ResponseReturnValue:
    """Show the questions people ask, and whom to call."""
    settings = current_visit().house.settings
    return render_template(
        "help.html",
        hotline=phone_link(settings.hotline),
        pass_line=phone_link(settings.pass_line),
        privacy_line=phone_link(settings.privacy_line),
    )
