"""為什麼沒收到: what was checked, in order, and the one thing to do."""

from dataclasses import dataclass

from bot.answer import Json
from bot.replies.speech import show
from core.notices.flex import (
    ARRIVED,
    INK2,
    NO_TAP,
    bubble,
    buttons,
    quiet,
    row,
    text,
)
from core.notices.wording import shown_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must be right. `advice` is said when it is the first that is not."""

    is_passed: bool
    finding: str
    advice: str = ""
    button: tuple[str, str] | None = None


def checked(checks: list[Check], hotline: str) -> list[Json]:
    """Return every finding with its mark, then the verdict and at most one button."""
    failed = next((check for check in checks if not check.is_passed), None)
    if failed is None:
        verdict = (
            f"沒有發現問題。請查看 LINE 和手機的通知設定；仍有疑問請撥 {shown_number(hotline)}。"
        )
    else:
        verdict = failed.advice
    step = [buttons(quiet(*failed.button))] if failed and failed.button else []
    contents = [
        text("為什麼沒收到", size="xl", weight="bold"),
        *(_line(check) for check in checks),
        text(verdict, margin="lg", weight="bold"),
        *step,
    ]
    return [show("檢查結果", bubble(contents), "今天", "說明")]


def _line(check: Check) -> Json:
    tone = ARRIVED if check.is_passed else NO_TAP
    mark = text(tone.mark, color=tone.strong, weight="bold", flex=0)
    return row([mark, text(check.finding, size="sm", color=INK2)], spacing="md", margin="md")
