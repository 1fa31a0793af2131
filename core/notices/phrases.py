"""The wording book of guardians' notices, zh-TW: templates with `{slots}`."""

# Left of ∥ in the wording book: given name, time, word; no school, class or cause.
ALT_TEXTS = {
    "arrival": "{child} {time} 到校",
    "again_in": "{child} {time} 再次到校",
    "departure": "{child} {time} 離校",
    "makeup": "{child} {time} {kind}（補登）",
    "makeup_undone": "{child}的紀錄已更正",
    "no_show": "{child}截至 {cutoff} 尚無刷卡紀錄",
    "no_show_teacher": "老師回報{child}還沒到校（{time}）",
    "fixed_earlier": "{child}已於 {time} 到校",
    "fixed_later": "{child}已於 {time} 到校",
    "fixed_left": "{child} {time} 離校",
    "fixed_teacher": "{child}已到校（老師確認）",
    "fixed_leave": "{child}今天已請假",
    "leave_other": "{child} {date}的請假已登記",
    "leave_school": "{child} {date}的請假已登記",
    "leave_cancelled": "{child} {date}的請假已取消",
    "leave_tap": "{child}今天有請假，也有刷卡",
    "no_tap_out": "{child}尚無離校刷卡紀錄",
    "closure_on": "{date}停課",
    "closure_off": "{date}照常上課",
    "bound": "已完成{child}的綁定",
    "bound_other": "{child}有新的家長綁定",
    "link_new": "已連結台北通",
    "link_old": "這個 LINE 帳號的連結已變更",
}

# Said in the chat and on the pages as long as it is so: a push to tell it would cost quota.
ON_DEMAND = {
    "departure": (
        "本月 LINE 發送額度不夠用到月底。到 {until}為止，離校時間改為查詢：輸入「今天」，立即回覆。"
        "到校和「尚無刷卡紀錄」仍會主動通知。"
    ),
    "arrival": (
        "本月 LINE 發送額度快用完了。到 {until}為止，輸入「今天」，立即回覆到校和離校時間。"
        "「尚無刷卡紀錄」仍會主動通知。"
    ),
}
ASK_SCHOOL = ("有疑問請聯絡學校：{school_phone}", "有疑問請聯絡學校。")
# Each line is a list of wordings: the first one whose facts are all known is used.
LINES: dict[str, tuple[tuple[str, ...], ...]] = {
    "arrival": (("{child}",), ("到校 {time}",), ("{school}",)),
    "again_in": (("{child}",), ("再次到校 {time}",), ("{school}",)),
    "departure": (("{child}",), ("離校 {time}",), ("{school}",)),
    "makeup": (
        ("{child}",),
        ("{kind} {time}（補登）",),
        ("學校於 {recorded} 補登：{reason}",),
    ),
    "makeup_undone": (
        ("學校更正了 {time} 的補登，目前紀錄：{now}。",),
        ASK_SCHOOL,
    ),
    "no_show": (
        ("截至 {cutoff}，還沒有{child}的到校刷卡紀錄，也沒有請假。",),
        (
            "校門刷卡機正常（{heartbeat} 有連線）；忘了帶卡或沒感應到，也會這樣。",
            "忘了帶卡或沒感應到，也會這樣。",
        ),
        ("不確定孩子在哪裡，請聯絡學校：{school_phone}", "不確定孩子在哪裡，請聯絡學校。"),
    ),
    "no_show_teacher": (
        ("老師 {time} 回報：{child}還沒到校。",),
        ("請和學校聯絡：{school_phone}", "請和學校聯絡。"),
    ),
    "fixed_earlier": (
        ("{child}已於 {time} 到校，請放心。",),
        ("刷卡資料較晚傳到，{notice_time} 的「尚無刷卡紀錄」請不用理會。",),
    ),
    "fixed_later": (
        ("{child}已於 {time} 到校。",),
        ("{notice_time} 的「尚無刷卡紀錄」已更新。",),
    ),
    "fixed_left": (
        ("{child}已於 {time} 離校。",),
        ("{notice_time} 的「尚無刷卡紀錄」已更新。",),
    ),
    "fixed_teacher": (
        ("老師 {recorded} 確認{child}在學校，請放心。",),
        ("{notice_time} 的「尚無刷卡紀錄」請不用理會。",),
    ),
    "fixed_leave": (
        ("{child}今天已登記請假。",),
        ("{notice_time} 的「尚無刷卡紀錄」請不用理會。",),
    ),
    "leave_other": (
        ("另一位家長替{child}請假：{date}{part}。",),
        ("若您不知情，請聯絡學校：{school_phone}", "若您不知情，請聯絡學校。"),
    ),
    "leave_school": (("學校替{child}登記請假：{date}{part}。",), ASK_SCHOOL),
    "leave_cancelled": (("{who}取消了{child} {date}的請假，當天照常通知。",),),
    "leave_tap": (
        ("{child}今天已請假，但 {time} 有{kind}刷卡，兩筆紀錄都保留。",),
        ("如果孩子有到校，請按「取消請假」。",),
    ),
    "no_tap_out": (
        ("截至 {time}，還沒有{child}的離校刷卡紀錄。",),
        ("可能還在學校，也可能忘了刷卡。請和孩子或安親班確認。",),
    ),
    "closure_on": (
        ("{date}{part}停課，停課期間不發到校、離校和尚無刷卡紀錄通知。",),
        ("依據：{source}（{source_time} 公布）",),
    ),
    "closure_off": (
        ("先前的停課通知已撤回，{date}照常上課，通知照常發送。",),
        ("依據：{source}（{source_time} 公布）",),
    ),
    "bound": (
        ("已完成與{child}的綁定，{start}起開始通知。", "已完成與{child}的綁定，現在開始通知。"),
        ("已勾選：{boxes}", "還沒勾選任何通知。"),
    ),
    "bound_other": (
        ("{date}{time}，另一位家長完成與{child}的綁定。",),
        ("若您不知情，請聯絡學校：{school_phone}", "若您不知情，請聯絡學校。"),
    ),
    "link_new": (
        ("這個 LINE 帳號已連結台北通會員{member}，通知會送到這裡。",),
        ("若不是您本人操作，請按「解除連結」。",),
    ),
    "link_old": (
        ("{date}{time}，台北通會員{member}改用另一個 LINE 帳號，這裡不會再收到通知。",),
        ("若不是您本人操作，請撥 {hotline}。",),
    ),
}
