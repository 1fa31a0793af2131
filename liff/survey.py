"""滿意度調查: one question a page, each answer kept as it is pressed, so going back is safe."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.db import snapshot, transaction
from core.errors import InputError
from core.languages.speech import N_, _
from core.survey.questions import ANSWERS, QUESTIONS, Aspect
from core.survey.replies import LONGEST_COMMENT, reply_of, save_answer, save_comment
from core.survey.results import LEAST
from liff.guard import linked
from liff.numbers import whole_number
from liff.visit import Visit, current_visit

ASPECTS = tuple(Aspect)
# The page after the last question.
COMMENT_PAGE = len(ASPECTS) + 1
FAULTS = {
    "no_answer": N_("請選擇一個回答，或按「略過」"),
    "too_long": N_("內容超過 {max} 字，目前 {n} 字。"),
}


@linked
def show_survey() -> ResponseReturnValue:
    """Show one question with the answer given before, the comment, or the thanks."""
    if request.args.get("note") == "done":
        return render_template("survey_done.html")
    return _render(current_visit(), _page_number())


@linked
def answer_survey() -> ResponseReturnValue:
    """Keep one answer and go on; nothing of it is kept when it is skipped."""
    visit, number = current_visit(), _page_number()
    is_skipped = "skip" in request.form
    try:
        if number == COMMENT_PAGE:
            _keep_comment(visit, "" if is_skipped else request.form.get("comment", ""))
        else:
            _keep_answer(visit, ASPECTS[number - 1], is_skipped=is_skipped)
    except InputError as error:
        typed = request.form.get("comment", "")
        fault = _(FAULTS[error.code], max=LONGEST_COMMENT, n=len(typed))
        return _render(visit, number, {str(error.field): fault}, typed), 422
    if number == COMMENT_PAGE:
        return redirect(url_for("liff.show_survey", note="done"), 303)
    return redirect(url_for("liff.show_survey", question=number + 1), 303)


def _page_number() -> int:
    return whole_number(request.values.get("question", ""), COMMENT_PAGE) or 1


def _keep_answer(visit: Visit, aspect: Aspect, *, is_skipped: bool) -> None:
    value = None if is_skipped else _answer()
    with transaction(visit.house.engine) as database:
        save_answer(database, visit.house.vault, visit.get_guardian().id, aspect, value, visit.now)


def _answer() -> int:
    """Return what was pressed; 0 is no answer."""
    return whole_number(request.form.get("answer", ""), max(ANSWERS)) or 0


def _keep_comment(visit: Visit, text: str) -> None:
    # Browsers send a line's end as two signs, and count it as one.
    text = text.replace("\r\n", "\n").strip()
    with transaction(visit.house.engine) as database:
        save_comment(database, visit.house.vault, visit.get_guardian().id, text, visit.now)


def _render(
    visit: Visit, number: int, faults: dict[str, str] | None = None, typed: str = ""
) -> str:
    with snapshot(visit.house.engine) as database:
        reply = reply_of(database, visit.house.vault, visit.get_guardian().id, visit.now)
    page: dict[str, object] = {
        "number": number,
        "count": len(ASPECTS),
        "faults": faults or {},
        "least": LEAST,
    }
    if number == COMMENT_PAGE:
        comment = typed or reply.comment
        return render_template(
            "survey_comment.html", comment=comment, longest=LONGEST_COMMENT, **page
        )
    aspect = ASPECTS[number - 1]
    return render_template(
        "survey.html",
        question=_(QUESTIONS[aspect]),
        answers=[(value, _(word)) for value, word in ANSWERS.items()],
        chosen=reply.answers.get(aspect),
        **page,
    )
