"""語言: what a person reads from now on, on the pages, in the chat and in notices."""

from flask import redirect, request
from flask.typing import ResponseReturnValue

from core.db import transaction
from core.languages.language import language_of
from core.people.languages import choose_language
from liff.guard import HOME, open_to_all, own_path
from liff.languages import keep_language
from liff.visit import current_visit


@open_to_all
def change_language() -> ResponseReturnValue:
    """Speak the chosen language in this browser; keep it where we know whose choice it is."""
    wanted = own_path(request.form.get("next", HOME))
    language = language_of(request.form.get("language", ""))
    if language is None:
        return redirect(wanted, 303)
    keep_language(language)
    visit = current_visit()
    # Whoever looks by another account reads as they like, without changing what the guardian reads.
    if visit.web_session is not None and (visit.guardian is None or visit.is_linked):
        with transaction(visit.house.engine) as database:
            choose_language(database, visit.web_session.line_user_id, language, visit.now)
    return redirect(f"{wanted}?note=spoken" if wanted.endswith("/account") else wanted, 303)
