"""為什麼沒收到: what was checked, in order, and the one thing to do."""

from dataclasses import dataclass

from bot.answer import Json
from bot.replies.pages import Pages
from bot.replies.speech import show
from core.languages.speech import _
from core.notices.flex import (
    ARRIVED,
    INK2,
    NO_TAP,
    QUIET,
    bubble,
    buttons,
    quiet,
    row,
    text,
)
from core.notices.wording import shown_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must be right. `advice` is said when it is the first that is not.

    `is_waiting`: nothing is wrong, its time has only not come yet.
    """

    is_passed: bool
    finding: str
    advice: str = ""
    button: tuple[str, str] | None = None
    is_waiting: bool = False
    # What LINE took, where this check is about that.
    sent: str = ""


def nothing_to_check(pages: Pages, *, is_linked: bool) -> list[Json]:
    """Return the first step that is missing, to somebody without a child."""
    link = Check(
        is_passed=is_linked,
        finding=_("已連結台北通") if is_linked else _("還沒連結台北通"),
        advice=_("這個 LINE 帳號還沒連結台北通。"),
        button=(_("登入"), pages.start),
    )
    child = Check(
        is_passed=False,
        finding=_("還沒綁定孩子"),
        advice=_("還沒綁定孩子。"),
        button=(_("加入學生"), pages.add_child),
    )
    return checked([link, child], "")


def checked(checks: list[Check], hotline: str, sent: str = "") -> list[Json]:
    """Return every finding with its mark, then the verdict and at most one button.

    `sent` says what LINE took today; then the phone is the next place to look.
    """
    open_ones = [check for check in checks if not check.is_passed]
    failed = next(iter(sorted(open_ones, key=lambda check: check.is_waiting)), None)
    if failed is None and sent:
        verdict = _("{sent}。請查看 LINE「設定→提醒」和手機的通知設定。", sent=sent)
    elif failed is None:
        number = shown_number(hotline)
        verdict = _(
            "沒有發現問題。請查看 LINE 和手機的通知設定；仍有疑問請撥 {phone}。", phone=number
        )
    else:
        verdict = failed.advice
    step = [buttons(quiet(*failed.button))] if failed and failed.button else []
    contents = [
        text(_("為什麼沒收到"), size="xl", weight="bold"),
        *(_line(check) for check in checks),
        text(verdict, margin="lg", weight="bold"),
        *step,
    ]
    return [show(_("檢查結果"), bubble(contents), "今天", "說明")]


def _line(check: Check) -> Json:
    tone = ARRIVED if check.is_passed else QUIET if check.is_waiting else NO_TAP
    mark = text(tone.mark, color=tone.strong, weight="bold", flex=0)
    return row([mark, text(check.finding, size="sm", color=INK2)], spacing="md", margin="md")
