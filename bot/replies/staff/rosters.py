"""名冊: how a file is sent, what is wrong with it, and the way to its preview."""

from collections.abc import Sequence

from bot.answer import Json
from bot.replies.confirm import tell
from bot.replies.speech import offer, show
from bot.replies.staff import words
from core.notices.flex import INK2, bubble, buttons, primary, quiet, text
from core.roster.checks import GOOD_FOR
from core.roster.comparing import Plan
from core.roster.faults import Fault
from core.roster.words import say

# Lines that fit a bubble; the file is corrected beside them.
MOST = 8
MINUTES = int(GOOD_FOR.total_seconds() // 60)


def how(page: str) -> list[Json]:
    """Say what can be sent here."""
    small = (
        "把 CSV、XLS、XLSX 或 ODS 檔案傳到這個聊天，檢查後再到網頁核對、確認。",
        "第一列是欄名；一個檔案可以是全校、一個年級或一班。",
    )
    return [offer(tell("名冊匯入", "名冊匯入", *small, acts=[quiet("用網頁上傳", page)]), "說明")]


def which_school(page: str) -> list[Json]:
    """Send somebody with no school or several to the page."""
    small = "請在網頁選擇學校後上傳。"
    return [tell("名冊請用網頁上傳", "名冊請用網頁上傳", small, acts=[quiet("用網頁上傳", page)])]


def wrong_kind() -> list[Json]:
    """Say which files can be read."""
    return words.plainly("名冊請用 CSV、XLS、XLSX 或 ODS 檔案。", "名冊")


def too_big(megabytes: int) -> list[Json]:
    """Say how large a file may be."""
    return words.plainly(f"檔案超過 {megabytes} MB，請分成幾個檔案，例如一個年級一個。", "名冊")


def lost() -> list[Json]:
    """Say that the file is gone."""
    return words.plainly("這個檔案已經收回或過期，請重新傳送。", "名冊")


def same() -> list[Json]:
    """Say that nothing differs."""
    return words.plainly("內容和目前相同，沒有更改。")


def faulty(faults: Sequence[Fault], page: str) -> list[Json]:
    """Return what is wrong, a line each with its row; nothing was written."""
    if len(faults) == 1 and faults[0].row is None:
        return words.plainly(f"名冊沒有寫入任何資料：{say(faults[0])}", "名冊")
    rest = [f"另外 {len(faults) - MOST} 個"] if len(faults) > MOST else []
    lines = [say(one) for one in faults[:MOST]] + rest
    contents = [
        text(f"名冊有 {len(faults)} 個問題，沒有寫入任何資料。", weight="bold"),
        *(text(line, size="sm", color=INK2, margin="sm") for line in lines),
        text("請修正後整份重傳。", margin="md"),
        buttons(quiet("用網頁看全部問題", page)),
    ]
    return [offer(show(f"名冊有 {len(faults)} 個問題", bubble(contents)), "名冊", "說明")]


def checked(plan: Plan, rows: int, page: str) -> list[Json]:
    """Return what taking it over would do, and the page on which it is confirmed."""
    counts = (
        f"新增 {len(plan.added)}、更改 {len(plan.changed)}、不變 {plan.unchanged}、"
        f"不在檔案內 {plan.left_out}（不會刪除）。"
    )
    small = (f"讀到 {rows:,} 列。請在網頁核對後確認，{MINUTES} 分鐘內有效。",)
    fact = f"名冊檢查完成：{counts}"
    return [offer(tell("名冊檢查完成", fact, *small, acts=[primary("開啟預覽", page)]), "說明")]
