"""The consent notice, which anybody may read."""

from dataclasses import dataclass
from datetime import date

from flask import render_template
from flask.typing import ResponseReturnValue

from core.languages.dates import plain_date
from core.languages.speech import N_, _
from core.settings import Settings
from liff.guard import open_to_all
from liff.present import phone_link
from liff.visit import current_visit


@dataclass(frozen=True, slots=True)
class Consent:
    """The notice a guardian agrees to; a changed text gets a new version, and says what changed."""

    version: str
    day: date
    change: str


CONSENT = Consent("2", date(2026, 11, 23), N_("目的寫明簡訊服務，對象寫明 e-mail 和簡訊業者"))
YEAR = 365


@open_to_all
def show_privacy() -> ResponseReturnValue:
    """Show the notice with its version and date."""
    return render_template(
        "privacy.html",
        consent=CONSENT,
        day=plain_date(CONSENT.day),
        **notice_facts(current_visit().house.settings),
    )


def notice_facts(settings: Settings) -> dict[str, object]:
    """Return what the text of the notice takes from the settings."""
    return {
        "hotline": phone_link(settings.hotline),
        "privacy_line": phone_link(settings.privacy_line),
        "kept": {
            "taps": settings.retention_taps_days,
            "texts": settings.retention_notice_text_days,
            "notices": settings.retention_notices_days,
            "attempts": settings.retention_attempts_days,
            "audit": _span(settings.retention_audit_days),
            "survey": _span(settings.retention_counts_days),
        },
    }


def _span(days: int) -> str:
    years, rest = divmod(days, YEAR)
    # Leap days make five years 1,826 or 1,827 days.
    return _("{n} 年", n=years) if years and rest <= years else _("{n} 天", n=days)
