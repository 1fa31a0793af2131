"""What can't be done, and how to go on. A refusal changes nothing."""

from bot.answer import Json
from bot.commands import Command
from bot.replies.pages import Pages
from bot.replies.settings_link import page
from bot.replies.speech import offer_acts, say, type_in
from core.languages.speech import N_, _
from core.notices.flex import primary
from core.postback import PostbackProblem

HELP = N_("說明")
GROUP = N_(
    "為了保護孩子的資料，到離校通知只在一對一聊天提供。本服務將離開這個群組，請加好友後單獨使用。"
)
STAFF = N_("這個指令要學校人員才能用。您可以使用：今天、本週、請假、設定、說明。")
NOT_STAFF = N_("還不是學校人員，請輸入邀請碼。")
REVOKED = N_("權限已撤銷。")
CAN_DO = N_("這裡可以查詢到校和離校時間、請假、設定通知。輸入「說明」看全部功能。")
NOT_FOR_SCHOOL = N_("這裡是自動回覆，老師看不到您的訊息。要告訴老師的事，請直接聯絡學校。")
OTHER_MESSAGES = {
    "sticker": N_("謝謝。需要時請輸入「說明」。"),
    "file": N_("這裡不收檔案，需要請假或補登時請輸入「請假」或「補登申請」。"),
}
ONLY_TEXT = N_("目前只看得懂文字，請用打字或點選單。")
PRESSED = {
    PostbackProblem.EXPIRED: N_("這個按鈕已過期，請輸入「今天」看最新紀錄。"),
    PostbackProblem.FOREIGN: N_("這個按鈕不能在這裡使用。"),
    PostbackProblem.FORWARDED: N_("這個按鈕不能在這裡使用。"),
}


def not_linked(pages: Pages) -> list[Json]:
    """Return what to do first."""
    sentence = _("請先登入台北通並綁定孩子，約 3 分鐘。")
    return page(_("開始設定"), sentence, primary(_("開始設定"), pages.start), "說明", "語言")


def no_child(pages: Pages) -> list[Json]:
    """Return the step between signing in and getting notices."""
    step = primary(_("加入學生"), pages.add_child)
    return page(_("加入學生"), _("還差一步：綁定孩子。"), step, "說明", "客服")


def no_identity(pages: Pages) -> list[Json]:
    """Return where an identity number is written instead of the chat."""
    sentence = _("請不要在聊天裡傳身分證字號。綁定請按「加入學生」，在網頁填寫。")
    return page(_("加入學生"), sentence, primary(_("加入學生"), pages.add_child), "說明", "客服")


def only_views(pages: Pages) -> list[Json]:
    """Return that a general member may look only, and how to change that."""
    sentence = _("您的台北通目前不是金質會員，只能查看，剛才沒有送出。請升級後以台北通登入再操作。")
    return page(_("只能查看"), sentence, primary(_("以台北通登入"), pages.start), "今天", HELP)


def resting(starts: str, ends: str) -> list[Json]:
    """Return that nothing is saved in these minutes of the night, and when it is again."""
    sentence = _(
        "系統整理中（每日 {starts}–{ends}），剛才沒有送出。請 {ends} 後再試一次。",
        starts=starts,
        ends=ends,
    )
    return [say(sentence, "今天", HELP)]


def for_staff(is_linked: bool) -> list[Json]:
    """Return who may use the words of staff."""
    return [say(_(STAFF), "今天", HELP) if is_linked else say(_(NOT_STAFF), HELP)]


def revoked() -> list[Json]:
    """Return that somebody is staff no more."""
    return [say(_(REVOKED), HELP)]


def stepped_back() -> list[Json]:
    """Return that nothing more was done; what was confirmed before stays done."""
    return [say(_("已返回，沒有另外送出任何內容。"), HELP)]


def unknown(nearest: Command | None, child: str = "") -> list[Json]:
    """Return the nearest command, for the child that was named, or what there is."""
    if nearest is not None:
        sentence = _("不太確定您的意思。您是要「{nearest}」嗎？", nearest=_(nearest.value))
        word = _(nearest.value)
        acts = [type_in(word, f"{word} {child}".strip())]
        acts += [type_in(_(HELP), _(HELP))] if nearest is not Command.HELP else []
        return [offer_acts({"type": "text", "text": sentence}, acts)]
    return [say(_(CAN_DO), "今天", HELP)]


def unknown_stranger() -> list[Json]:
    """Return what there is, how to begin, and the languages: a hello may come in any."""
    return [say(_(CAN_DO), "開始設定", HELP, N_("語言 Language"))]


def not_for_school() -> list[Json]:
    """Return that nobody at the school reads this, and how to reach the school."""
    return [say(_(NOT_FOR_SCHOOL), "客服", HELP)]


def other_message(kind: str) -> list[Json]:
    """Return what becomes of a sticker, a picture, a file."""
    return [say(_(OTHER_MESSAGES.get(kind, ONLY_TEXT)), "今天", HELP)]


def button_refused(problem: PostbackProblem) -> list[Json]:
    """Return why a button did nothing."""
    return [say(_(PRESSED[problem]), "今天", HELP)]
