"""Sentences to staff, zh-TW. Lock screens name a class and a count, never a child."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.clock import school_day_of, taipei_clock
from core.kinds import HoldReason
from core.languages.slots import fill
from core.notices.wording import first_known, short_moment, shown_number
from core.people.names import masked_name
from core.people.reach import Unreached
from core.people.staff import can_manage_school
from core.people.tables import Staff, StaffRole

LOCK_SCREEN = 30
ROLE_WORDS = {
    StaffRole.HOMEROOM_TEACHER: "導師",
    StaffRole.CASHIER: "出納組",
    StaffRole.OFFICER: "生教組",
    StaffRole.SCHOOL_ADMIN: "學校管理者",
    StaffRole.BUREAU_ADMIN: "教育局",
}
# Beside a child's name: whoever reads it knows to phone.
UNREACHED_WORDS = {
    Unreached.UNBOUND: "沒有家長綁定",
    Unreached.NOT_ON_LINE: "家長收不到 LINE",
}
# Silence about a child that is missing is a matter for a person.
NOBODY_HEARS = "沒有家長會收到通知，請直接聯絡。"


@dataclass(frozen=True, slots=True)
class Words:
    """Templates of one notice: strip, lock screen, and the body a line a tuple.

    Of a line's wordings the first one whose slots are all known is used.
    """

    title: str
    alt: str
    lines: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What one notice says, its slots filled."""

    title: str
    alt: str
    lines: list[str]


ANSWER_BY = "{deadline} 前未回覆，家長會收到「尚無刷卡紀錄」。"
QUOTA_NEXT = "請轉告家長輸入「今天」查詢。提高額度後，會自動恢復通知。"
WORDS = {
    "review": Words(
        "尚無刷卡紀錄",
        "{homeroom} {n} 位尚無刷卡紀錄",
        (("{homeroom} {n} 位尚無刷卡紀錄：",), (ANSWER_BY,)),
    ),
    "held": Words(
        "已保留通知",
        "已保留 {n} 位學生的「尚無刷卡紀錄」",
        (("已保留 {n} 位學生的「尚無刷卡紀錄」。",), ("原因：{reason}。",)),
    ),
    "held_expired": Words(
        "沒有發出的通知",
        "{n} 位學生的「尚無刷卡紀錄」沒有發出",
        (("保留已超過 2 小時，{n} 位學生的通知沒有發出，請人工聯絡家長。",),),
    ),
    "skipped_late": Words(
        "未到校檢查",
        "今天的未到校檢查已略過",
        (("今天的未到校檢查沒有準時執行，已略過，沒有通知家長。",),),
    ),
    "reader_silent": Words(
        "刷卡機沒有連線",
        "{gate}刷卡機沒有連線",
        (("{gate}刷卡機 {time} 起沒有連線。", "{gate}刷卡機沒有連線。"),),
    ),
    "reader_cloned": Words(
        "刷卡機代碼重複",
        "{gate}刷卡機的代碼重複",
        (("有兩台刷卡機使用同一組代碼，資料已保留待查。",),),
    ),
    "reader_gap": Words(
        "刷卡資料有缺號",
        "{gate}刷卡機的資料有缺號",
        (("{gate}刷卡機的刷卡資料有缺號，少了 {n} 筆。",),),
    ),
    "old_card": Words(
        "舊卡使用",
        "{homeroom}有學生刷了已停用的卡",
        (("舊卡使用：{child} {time} 刷了已停用的卡，沒有通知家長。",),),
    ),
    "quarantine": Words(
        "刷卡資料待查",
        "{n} 筆刷卡資料待查",
        (("{n} 筆刷卡的時間無法判斷，資料已保留待查，沒有通知家長。",),),
    ),
    "discrepancy": Words(
        "有請假，也有刷卡",
        "{homeroom}有學生請假，也有刷卡",
        (("{child} {day}請假，但 {time} 有刷卡。",),),
    ),
    "closure_asked": Words(
        "等第二人確認",
        "{action}等第二人確認",
        (("{who} 發起{action}：{summary}。請核對後決定。",),),
    ),
    "closure_confirmed": Words(
        "{action}已生效", "{action}已生效", (("{who} 已確認，{action}已生效。",),)
    ),
    "closure_declined": Words(
        "{action}已退回",
        "{action}已退回，沒有執行",
        (("{who} 已退回，沒有執行。原因：{reason}", "{who} 已退回，沒有執行。"),),
    ),
    "closure_found": Words(
        "收到停課消息",
        "收到停課消息，尚未採用",
        (("收到停課消息（{source}，{time}），尚未採用。請核對。",),),
    ),
    "announcement_asked": Words(
        "等第二人確認",
        "公告等第二人確認",
        (
            ("{who} 寫了公告，請核對後決定。",),
            ("{deadline} 前沒有人確認，就不公布。",),
        ),
    ),
    "new_binding": Words(
        "新的家長綁定",
        "{homeroom}有新的家長綁定",
        (("{child} 有新的家長綁定（{time}）。",),),
    ),
    "child_closed": Words(
        "綁定核對已暫停",
        "{homeroom}有學生的綁定核對已暫停",
        (
            ("{child} 今天 10 次核對都不一致，已暫停新的綁定，明天 00:00 恢復。",),
            ("已綁定的家長不受影響。要提早恢復，輸入「開放 {number}」。",),
        ),
    ),
    "binding_asked": Words(
        "綁定待審",
        "{homeroom}有家長等候綁定審核",
        (("{child} 有家長申請綁定，等候學校審核。",),),
    ),
    "makeup_request": Words(
        "補登申請",
        "{homeroom}有家長申請補登",
        (
            (
                "家長申請補登：{child} {day}{kind} {time}，{reason}。",
                "家長申請補登：{child} {kind} {time}，{reason}。",
            ),
        ),
    ),
    "ask_school": Words(
        "請協助確認",
        "{homeroom}有家長請學校協助確認",
        (("{child} 的家長請學校協助確認（{time}）。",),),
    ),
    "ask_school_again": Words(
        "請協助確認",
        "{homeroom}有家長還在等學校回覆",
        (
            ("{child} 的家長請學校協助確認（{time}）。",),
            ("還沒有人回覆，第 {n} 次提醒。",),
        ),
    ),
    "ask_answered": Words(
        "已有人回覆家長",
        "{homeroom}的家長已得到回覆",
        (("{child}：{who} {time} 已回覆家長，不用再處理。",),),
    ),
    "at_home": Words(
        "家長回覆孩子在家",
        "{homeroom}有家長回覆孩子在家",
        (("{child} 的家長回覆：孩子在家（{time}）。",),),
    ),
    "many_misses": Words(
        "綁定核對失敗偏多",
        "最近 1 小時有 {n} 次綁定核對失敗",
        (
            ("最近 1 小時，全市有 {n} 次綁定核對失敗，平常不到 100 次。",),
            ("每位家長、每位學生的次數上限照常生效，已綁定的家長不受影響。",),
        ),
    ),
    "announcement_published": Words(
        "公告已發送", "公告已發送", (("{who} 已確認，公告已排入發送 {n} 則。",),)
    ),
    "announcement_declined": Words(
        "公告已退回", "公告已退回，沒有發送", (("{who} 已退回，沒有發送。",),)
    ),
    "digest": Words(
        "今天的整理",
        "{day}整理",
        (
            ("應到 {expected}・到校 {arrived}・請假 {on_leave}・尚無紀錄 {missing}",),
            ("保留 {held}・補登 {make_ups}・不一致 {differing}",),
            (
                "通知 {told}・未送出 {failed}・本月剩 {left} 則",
                "通知 {told}・未送出 {failed}",
            ),
        ),
    ),
    "queue_aging": Words(
        "等候審核",
        "有 {n} 筆申請等了 {days} 天",
        (("有 {n} 筆申請等候審核，最久已等了 {days} 天。",),),
    ),
    "order_aging": Words(
        "簡訊申請等候審核",
        "有 {n} 筆簡訊申請等了 {days} 天",
        (("有 {n} 筆簡訊申請等候審核，最久已等了 {days} 天。",),),
    ),
    "three_days": Words(
        "連續 3 天沒有紀錄",
        "連續 3 天沒有刷卡也沒有請假：{n} 人",
        (("連續 3 天沒有刷卡也沒有請假：{n} 人。",), ("僅供查證，不會自動通報。",)),
    ),
    "looks": Words(
        "查看學生資料的提醒",
        "一小時內查看了 {n} 位學生的資料",
        (
            ("{who} 一小時內查看了 {n} 位學生的資料，不含自己的班級。",),
            ("請確認是否為業務所需；不是本人操作時，請立即撤銷權限。",),
        ),
    ),
    "quota": Words(
        "LINE 發送額度",
        "本月 LINE 已用 {p}%",
        (
            ("本月 LINE 已用 {p}%，約剩 {days} 天。", "本月 LINE 已用 {p}%。"),
            ("到保留量後，到校、離校改為查詢才回覆。",),
        ),
    ),
    "quota_departures": Words(
        "離校改為查詢才回覆",
        "本月離校改為查詢才回覆",
        (
            ("本月 LINE 已用 {p}%，照目前用量不夠到月底。",),
            ("到 {until}為止，離校改為查詢才回覆，到校照常通知。",),
            (QUOTA_NEXT,),
        ),
    ),
    "quota_arrivals": Words(
        "到校、離校改為查詢才回覆",
        "本月到校、離校改為查詢才回覆",
        (
            ("本月 LINE 已用 {p}%，剩下的保留給「尚無刷卡紀錄」和更正。",),
            ("到 {until}為止，到校、離校改為查詢才回覆。",),
            (QUOTA_NEXT,),
        ),
    ),
}
HOLD_REASONS = {
    HoldReason.NO_READER: "沒有使用中的刷卡機",
    HoldReason.SILENT: "刷卡機 {time} 起沒有連線",
    HoldReason.BUFFERED: "刷卡機還有資料沒傳完",
    HoldReason.GAP: "刷卡資料有缺號",
    HoldReason.CLONED: "有兩台刷卡機使用同一組代碼",
    HoldReason.FEW_TAPS: "刷卡人數只有平常的 {share}%",
}


def say(key: str, **slots: str | int) -> Said:
    """Return the filled words of a notice. Raises KeyError when a slot is missing."""
    words = WORDS[key]
    known = {name: str(value) for name, value in slots.items() if value != ""}
    return Said(
        fill(words.title, known),
        fill(words.alt, known)[:LOCK_SCREEN],
        [first_known(wordings, known) for wordings in words.lines],
    )


def hold_words(reason: HoldReason, since: datetime | None, share: int | None, now: datetime) -> str:
    """Return why no-shows are held; `share` is the percentage of the usual taps."""
    known = {"time": moment_words(since, now), "share": "" if share is None else str(share)}
    plain = {HoldReason.SILENT: "刷卡機沒有連線", HoldReason.FEW_TAPS: "刷卡人數比平常少"}
    wordings = (HOLD_REASONS[reason], plain.get(reason, HOLD_REASONS[reason]))
    return first_known(wordings, {name: value for name, value in known.items() if value})


def alone_words(roles: Sequence[Staff], school_code: str | None, hotline: str) -> tuple[str, str]:
    """Return that nobody else may confirm what these roles proposed, and what to do about it."""
    invites = any(can_manage_school(role, school_code) for role in roles)
    fact = "已送出，但目前沒有其他人可以確認，還沒生效。"
    who = "請輸入「邀請」" if invites else "請學校管理者輸入「邀請」"
    return fact, f"{who}，讓第二位有權限的同仁登錄後再確認。來不及時請撥 {shown_number(hotline)}。"


def release_words(told: int, unheard: int, seen: int) -> str:
    """Return what became of held no-shows, in children: told, heard by nobody, seen meanwhile."""
    parts = [f"{told} 位學生的家長會收到通知"]
    parts += [f"{unheard} 位目前沒有家長收得到，請直接聯絡"] if unheard else []
    parts += [f"{seen} 位剛有紀錄，不發"] if seen else []
    return f"已放行：{'；'.join(parts)}。"


def unheard_words(unheard: int) -> str:
    """Return what to know before held no-shows go out; nothing where every child has a reader."""
    return f"其中 {unheard} 位目前沒有家長收得到，放行後請直接聯絡。" if unheard else ""


def moment_words(moment: datetime | None, now: datetime) -> str:
    """Return a time of today as 08:12, of another day as 11/20 16:05, and "" for none."""
    if moment is None:
        return ""
    is_today = school_day_of(moment) == school_day_of(now)
    return taipei_clock(moment) if is_today else short_moment(moment)


def class_words(homeroom: str) -> str:
    """Return a class as staff read it: 603 班."""
    return homeroom if homeroom.endswith("班") else fill("{class}班", {"class": homeroom})


def seat_words(seat_number: int, name: str) -> str:
    """Return a child as staff see it in chat: 12 王○明."""
    return f"{seat_number:02d} {masked_name(name)}"
