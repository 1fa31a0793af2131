"""What became of a child's move to another school."""

from bot.answer import Json
from bot.replies.speech import say
from core.languages.speech import _

REFUSALS = {
    "answered": lambda: [say(_("這件事已經處理好了，不需要再按。"), "設定", "說明")],
    "not_possible": lambda: [
        say(_("目前不能沿用，請聯絡新學校，或用「加入學生」重新綁定。"), "加入學生", "說明")
    ],
}


def kept(*, is_asked: bool) -> list[Json]:
    """Say that the binding goes on, or that the new school is asked first."""
    if is_asked:
        return [say(_("已送出，學校確認後會用 LINE 通知您。"), "說明")]
    return [say(_("已沿用原來的綁定和訂閱。"), "今天", "設定")]


def dropped() -> list[Json]:
    """Say that nothing follows."""
    return [say(_("已記下，不沿用。要綁定時，輸入「加入學生」。"), "加入學生", "說明")]
