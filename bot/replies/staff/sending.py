"""發送: how it is written, the preview with its price, done or asked on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from bot.answer import Json
from bot.replies.confirm import press, sure, tell
from bot.replies.speech import offer, offer_acts, show, type_in
from bot.replies.staff import words
from core.announcements.audiences import Audience, Reach
from core.announcements.sending import Cost
from core.announcements.texts import LONGEST_BODY
from core.notices.announcement_notices import AnnouncementNews, messages_of, page_of
from core.notices.flex import INK2, INK3, TEAL, box, bubble, buttons, quiet, strip_of, text
from core.people.tables import School

DRAFT_GOOD_FOR = timedelta(minutes=30)
KEPT_BACK = "本月 LINE 剩下的則數要留給「尚無刷卡紀錄」和更正，"
INSTEAD = "可以在網頁公布公告，家長開啟時就看得到，不用則數。"
NOT_YOURS = "這個範圍不在您的權限內。"
FAULTS = {
    "empty": lambda: words.plainly("請寫要發送的內容。", "發公告"),
    "too_long": lambda: words.plainly(f"內容超過 {LONGEST_BODY:,} 字。", "發公告"),
    "foreign_link": lambda: words.plainly("內容不能有外部網址。", "發公告"),
    "no_children": lambda: words.plainly("這個範圍目前沒有在學的學生。", "發公告"),
    "unknown": lambda: words.plainly("這個範圍目前沒有在學的學生。", "發公告"),
    "no_school": lambda: words.plainly("這個範圍目前沒有在學的學生。", "發公告"),
    "too_costly": lambda: words.plainly(f"{KEPT_BACK}不夠發送，沒有送出。{INSTEAD}"),
    "out_of_range": lambda: words.plainly("年級應是 1–12。", "發公告"),
}
# The preview has no announcement yet.
NO_ANNOUNCEMENT = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would be sent to whom, and what it takes."""

    label: str
    reach: Reach
    cost: Cost
    needs_second: bool
    title: str
    body: str
    school: str


def usage(samples: Sequence[str], page: str) -> list[Json]:
    """Say how a message is written, and where longer ones are."""
    first = samples[0] if samples else ""
    lines = [text("發送訊息給家長", weight="bold")]
    if samples:
        lines += [
            text(f"例如：發送 {first} 明天校外教學，請帶水壺。", size="sm", margin="sm"),
            text(f"對象可寫：{'、'.join(samples)}。", size="sm", color=INK2, margin="sm"),
            text("先預覽人數和則數；超過一班，要第二人確認。", size="sm", color=INK2, margin="sm"),
        ]
    else:
        lines.append(text("全市、行政區、級別的公告請用網頁。", size="sm", color=INK2, margin="sm"))
    made = show("發送訊息", bubble([*lines, buttons(quiet("用網頁寫公告", page))]))
    return [offer(made, "說明")]


def whom(samples: Sequence[str]) -> list[Json]:
    """Ask whom it is for."""
    acts = [type_in(f"發送 {one}", f"發送 {one}") for one in samples]
    sentence = f"請寫對象，例如：發送 {samples[0] if samples else '603'} 內容"
    return [offer_acts({"type": "text", "text": sentence}, acts)]


def preview(one: Preview, yes: str, back: str, liff_id: str, now: datetime) -> list[Json]:
    """Return the message as guardians see it, and what sending it takes."""
    news = AnnouncementNews(
        announcement_id=NO_ANNOUNCEMENT,
        number=1,
        school=one.school,
        title=one.title,
        body=one.body,
    )
    rule = [text("超過一班，要第二位同仁確認才送出。", size="sm", color=INK2, margin="md")]
    label = "請第二人確認" if one.needs_second else "發送"
    contents = [
        text("送出前請確認", size="lg", weight="bold"),
        *_rows(one),
        *(rule if one.needs_second else []),
        buttons(sure(label, yes), press("返回", back)),
    ]
    card = bubble(contents, strip=strip_of(TEAL, "公告預覽・尚未送出"))
    # There is no page of it yet: the list stands in for it.
    seen = messages_of(news, page_of(liff_id), now)
    return [*seen, show("公告預覽，尚未送出", card)]


def too_costly(one: Preview, page: str) -> list[Json]:
    """Say that the month's messages are not enough, and what is still possible."""
    left, messages = one.cost.left or 0, one.cost.messages
    kept = "，要留給「尚無刷卡紀錄」和更正" if messages <= left else ""
    fact = f"本月 LINE 剩 {left:,} 則{kept}，不夠發送 {messages:,} 則。"
    return [tell("本月則數不夠", fact, INSTEAD, acts=[quiet("用網頁寫公告", page)])]


def too_long(count: int) -> list[Json]:
    """Say how long it may be."""
    return words.plainly(f"內容超過 {LONGEST_BODY:,} 字，目前 {count:,} 字。")


def foreign_link(host: str) -> list[Json]:
    """Say which address can't be sent."""
    return words.plainly(f"內容不能有這類網址：{host[:60]}。")


def sent(count: int) -> list[Json]:
    """Say how many go out."""
    return words.plainly(f"已排入發送 {count:,} 則。" if count else words.NOBODY)


def asked(others: int, hours: int, page: str) -> list[Json]:
    """Say that the second person is asked."""
    fact = f"已送出，等第二人確認，{hours} 小時內有效。"
    small = () if others else ("目前沒有其他人可以確認，請學校管理者邀請第二位。",)
    return [tell("等第二人確認", fact, *small, acts=[quiet("看公告", page)])]


def done(page: str) -> list[Json]:
    """Say that the draft became an announcement before, and is not sent again."""
    return [tell("已處理", "這則訊息已經收到，不會重複發送。", acts=[quiet("看公告", page)])]


def over() -> list[Json]:
    """Say that the draft waited too long, or was given up."""
    return words.plainly("這則訊息沒有送出，草稿已失效。要發送請重新輸入。", "發公告")


def school_words(session: Session, audience: Audience) -> str:
    """Return who writes, as guardians read it."""
    return session.get_one(School, audience.school_code).short_name


def _rows(one: Preview) -> list[Json]:
    left = "" if one.cost.left is None else f"，本月剩 {one.cost.left:,} 則"
    facts = (
        ("對象", f"{one.label}，{one.reach.children:,} 位學生"),
        ("家長", f"{one.reach.guardians:,} 位已綁定"),
        ("用量", f"LINE {one.cost.messages:,} 則{left}"),
        ("內容", one.title),
    )
    return [_row(*fact) for fact in facts]


def _row(label: str, value: str) -> Json:
    parts = [
        text(label, size="sm", color=INK3, flex=2),
        text(value, size="sm", flex=7),
    ]
    return box(parts, layout="horizontal", margin="md")
