"""What staff hear after they replied to a guardian."""

from bot.answer import Json
from bot.replies.staff import words
from bot.replies.staff.words import child_words
from core.kinds import SchoolReply
from core.notices.wording import REPLIES
from core.people.tables import Student


def told(student: Student, reply: SchoolReply) -> list[Json]:
    """Say what the guardians were told, and what follows while nobody has seen the child."""
    said = f"{child_words(student)}：已回覆家長「{REPLIES[reply]}」。"
    if reply is SchoolReply.LOOKING:
        said += "\n看到學生時，請再按「在學校」。"
    return words.plainly(said, "今天")


def replied(student: Student, reply: SchoolReply, who: str) -> list[Json]:
    """Say that it was replied to already; `who` is "" for oneself."""
    by = f"{who} 已回覆" if who else "已回覆"
    return words.plainly(f"{child_words(student)}：{by}「{REPLIES[reply]}」，不用再處理。", "今天")
