"""The pages' language: chosen for each request, and what templates say in it."""

from collections.abc import Iterable

from flask import request, session
from flask.sansio.app import App
from flask_babel import Babel
from markupsafe import Markup, escape

from core.languages.dates import listed, parted
from core.languages.language import OWN_NAMES, SOURCE, Language, language_of
from core.languages.speech import _, put_in, speak, spoken, translate
from liff.present import Phone
from liff.visit import LANGUAGE, current_visit

# Staff work in the words of the school's own papers.
STAFF_PAGES = "/liff/staff"
PAGES = "/liff"


def init_languages(app: App) -> None:
    """Give templates `_` and what goes with it; numbers and dates follow the language spoken."""
    Babel(
        app,
        default_locale=SOURCE.value,
        default_timezone="Asia/Taipei",
        locale_selector=lambda: spoken().value,
    )
    app.before_request(_begin)
    app.teardown_request(_end)
    # Flask-Babel's own `_` reads compiled catalogues and knows no {slots}.
    app.jinja_env.globals.update(
        _=sentence,
        spoken=spoken,
        between=between,
        listed=listed,
        parted=parted,
        dial=dial,
        link_to=link_to,
        bold=bold,
        own_name=lambda: OWN_NAMES[spoken()],
        languages=[(language.value, name, language.tag) for language, name in OWN_NAMES.items()],
    )


def _begin() -> None:
    # A page that is not there belongs to nobody; it speaks what the browser wants.
    speak(language_here() if request.path.startswith(PAGES) else SOURCE)


def _end(error: BaseException | None) -> None:
    # The thread goes on to other requests, which know nothing of this one's language.
    speak(SOURCE)


def choose_language() -> None:
    """Speak the guardian's language, or else what this browser or its headers want."""
    speak(_chosen())


def keep_language(language: Language) -> None:
    """Remember the language for this browser, and speak it from now on."""
    session[LANGUAGE] = language.value
    speak(language)


def language_here() -> Language:
    """Return the language of this browser, whoever signs in: what it kept, or what it asks for."""
    kept = language_of(str(session.get(LANGUAGE, "")))
    return kept or _accepted(request.accept_languages.values()) or SOURCE


def sentence(text: str, /, **slots: object) -> str:
    """Return a sentence in the language spoken. A slot may hold a link; all else is escaped."""
    if not any(hasattr(value, "__html__") for value in slots.values()):
        return _(text, **slots)
    values = {name: str(escape(value)) for name, value in slots.items()}
    return Markup(put_in(str(escape(translate(text))), values))  # noqa: S704  # all of it escaped


def between() -> str:
    """Return what stands between two sentences."""
    return "" if spoken().is_han else " "


def dial(phone: Phone) -> Markup:
    """Return a number to press."""
    return Markup('<a class="number" href="{}">{}</a>').format(phone.href, phone.text)


def bold(text: str) -> Markup:
    """Return what stands out in a sentence."""
    return Markup("<b>{}</b>").format(text)


def link_to(href: str, text: str) -> Markup:
    """Return a link inside a sentence."""
    return Markup('<a href="{}">{}</a>').format(href, text)


def _chosen() -> Language:
    if request.path.startswith(STAFF_PAGES):
        return SOURCE
    visit = current_visit()
    is_own = visit.guardian is not None and visit.is_linked
    own = language_of(visit.guardian.locale) if visit.guardian and is_own else None
    return own or language_here()


def _accepted(tags: Iterable[str]) -> Language | None:
    return next((found for tag in tags if (found := language_of(tag))), None)
