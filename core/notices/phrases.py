"""The wording book of guardians' notices, zh-TW: templates with `{slots}`."""

from core.languages.speech import N_

# What stands on a lock screen: given name, time, word; no school, class or cause.
ALT_TEXTS = {
    "arrival": N_("{child} {time} 到校"),
    "again_in": N_("{child} {time} 再次到校"),
    "departure": N_("{child} {time} 離校"),
    "makeup": N_("{child} {time} {kind}（補登）"),
    "makeup_undone": N_("{child}的紀錄已更正"),
    "makeup_done": N_("{child}的補登已登記"),
    "makeup_not": N_("{child}的補登沒有登記"),
    "no_show": N_("{child}截至 {cutoff} 尚無刷卡紀錄"),
    "no_show_teacher": N_("老師回報{child}還沒到校（{time}）"),
    "fixed_earlier": N_("{child}已於 {time} 到校"),
    "fixed_later": N_("{child}已於 {time} 到校"),
    "fixed_left": N_("{child} {time} 離校"),
    "fixed_teacher": N_("{child}已到校（老師確認）"),
    "fixed_leave": N_("{child}今天已請假"),
    "leave_other": N_("{child} {date}的請假已登記"),
    "leave_school": N_("{child} {date}的請假已登記"),
    "leave_cancelled": N_("{child} {date}的請假已取消"),
    "leave_tap": N_("{child}今天有請假，也有刷卡"),
    "no_tap_out": N_("{child}尚無離校刷卡紀錄"),
    "answered": N_("{child}：另一位家長已回覆"),
    "school_reply": N_("學校已回覆{child}的狀況"),
    "school_silent": N_("學校還沒有回覆{child}的狀況"),
    "closure_on": N_("{date}停課"),
    "closure_off": N_("{date}照常上課"),
    "bound": N_("已完成{child}的綁定"),
    "bound_other": N_("{child}有新的家長綁定"),
    "binding_declined": N_("{child}的綁定申請已退回"),
    "child_closed": N_("{child}的綁定核對已暫停"),
    "unbound": N_("{child}的綁定已解除"),
    "moved_up": N_("{child}的新學校，請確認綁定"),
    "delegate_added": N_("您將代收{child}的通知"),
    "delegate_ended": N_("{child}的代收已結束"),
    "link_new": N_("已連結台北通"),
    "link_old": N_("這個 LINE 帳號的連結已變更"),
    "unlinked": N_("已解除台北通連結"),
    "copy_ready": N_("您要的資料副本已備妥"),
    "test": N_("測試通知"),
    "email_bounced": N_("您的 e-mail 無法收信"),
    "app_gone": N_("酷課 APP 的連結已中斷"),
    "fallback": N_("{child}的通知已改用{channel}"),
    "sms_approved": N_("{child}的簡訊服務已核准"),
    "sms_returned": N_("{child}的簡訊申請已退回"),
    "sms_lapsed": N_("{child}的簡訊申請沒有生效"),
    "sms_cancelling": N_("{child}的簡訊註銷審核中"),
    "sms_kept": N_("{child}的簡訊服務維持生效"),
    "sms_cancelled": N_("{child}的簡訊服務已註銷"),
    "sms_settled": N_("{child}的簡訊費用已結算"),
}

# Said in the chat and on the pages as long as it is so: a push to tell it would cost quota.
ON_DEMAND = {
    "departure": N_(
        "本月 LINE 發送額度不夠用到月底。到 {until}為止，離校時間改為查詢："
        "輸入「今天」，立即回覆。到校和「尚無刷卡紀錄」仍會主動通知。"
    ),
    "arrival": N_(
        "本月 LINE 發送額度快用完了。到 {until}為止，輸入「今天」，立即回覆到校和離校時間。"
        "「尚無刷卡紀錄」仍會主動通知。"
    ),
}
ASK_SCHOOL = (N_("有疑問請聯絡學校：{school_phone}"), N_("有疑問請聯絡學校。"))
IF_UNKNOWN = (N_("若您不知情，請聯絡學校：{school_phone}"), N_("若您不知情，請聯絡學校。"))
# Each line is a list of wordings: the first one whose facts are all known is used.
LINES: dict[str, tuple[tuple[str, ...], ...]] = {
    "arrival": (("{child}",), (N_("到校 {time}"),), ("{school}",)),
    "again_in": (("{child}",), (N_("再次到校 {time}"),), ("{school}",)),
    "departure": (("{child}",), (N_("離校 {time}"),), ("{school}",)),
    "makeup": (
        ("{child}",),
        (N_("{kind} {time}（補登）"),),
        (N_("學校於 {recorded} 補登：{reason}"),),
    ),
    "makeup_undone": (
        (N_("學校更正了 {time} 的補登，目前紀錄：{now}。"),),
        ASK_SCHOOL,
    ),
    "makeup_done": ((N_("老師已登記{child} {date}{kind} {time}（補登）"),),),
    "makeup_not": (
        (N_("老師沒有登記 {date}{kind} {time}。"),),
        (N_("原因：{reason}。"),),
        ASK_SCHOOL,
    ),
    "no_show": (
        (N_("截至 {cutoff}，還沒有{child}的到校刷卡紀錄，也沒有請假。"),),
        (
            N_("校門刷卡機正常（{heartbeat} 有連線）；忘了帶卡或沒感應到，也會這樣。"),
            N_("校門刷卡機 {silent} 起沒有連線，紀錄可能較晚出現；忘了帶卡或沒感應到，也會這樣。"),
            N_("忘了帶卡或沒感應到，也會這樣。"),
        ),
        (
            N_("不確定孩子在哪裡，請按「{ask}」，有回覆就告訴您。"),
            N_("不確定孩子在哪裡，請聯絡學校：{school_phone}"),
            N_("不確定孩子在哪裡，請聯絡學校。"),
        ),
    ),
    "no_show_teacher": (
        (N_("老師 {time} 回報：{child}還沒到校。"),),
        (N_("請和學校聯絡：{school_phone}"), N_("請和學校聯絡。")),
    ),
    "fixed_earlier": (
        (N_("{child}已於 {time} 到校，請放心。"),),
        (N_("刷卡資料較晚傳到，{notice_time} 的「尚無刷卡紀錄」請不用理會。"),),
    ),
    "fixed_later": (
        (N_("{child}已於 {time} 到校。"),),
        (N_("{notice_time} 的「尚無刷卡紀錄」已更新。"),),
    ),
    "fixed_left": (
        (N_("{child}已於 {time} 離校。"),),
        (N_("{notice_time} 的「尚無刷卡紀錄」已更新。"),),
    ),
    "fixed_teacher": (
        (N_("老師 {recorded} 確認{child}在學校，請放心。"),),
        (N_("{notice_time} 的「尚無刷卡紀錄」請不用理會。"),),
    ),
    "fixed_leave": (
        (N_("{child}今天已登記請假。"),),
        (N_("{notice_time} 的「尚無刷卡紀錄」請不用理會。"),),
    ),
    "leave_other": (
        (N_("另一位家長替{child}請假：{date}{part}。"),),
        (N_("若您不知情，請聯絡學校：{school_phone}"), N_("若您不知情，請聯絡學校。")),
    ),
    "leave_school": ((N_("學校替{child}登記請假：{date}{part}。"),), ASK_SCHOOL),
    "leave_cancelled": ((N_("{who}取消了{child} {date}的請假，當天照常通知。"),),),
    "leave_tap": (
        (N_("{child}今天已請假，但 {time} 有{kind}刷卡，兩筆紀錄都保留。"),),
        (N_("如果孩子有到校，請按「取消請假」。"),),
    ),
    "no_tap_out": (
        (N_("截至 {time}，還沒有{child}的離校刷卡紀錄。"),),
        (N_("可能還在學校，也可能忘了刷卡。請和孩子或安親班確認。"),),
    ),
    "answered": ((N_("另一位家長 {time} 回覆：{answer}"),),),
    "school_reply": ((N_("學校 {time} 回覆：{reply}"),),),
    "school_silent": (
        (N_("已請學校確認，到 {time} 還沒有回覆。"),),
        (N_("請直接撥電話給學校：{school_phone}"), N_("請直接撥電話給學校。")),
    ),
    "closure_on": (
        (
            N_(
                "{date}{part}停課，停課期間不發到校和尚無刷卡紀錄通知；孩子如果已到校，離校仍會通知。"
            ),
        ),
        (N_("依據：{source}（{source_time} 公布）"),),
    ),
    "closure_off": (
        (N_("先前的停課通知已撤回，{date}照常上課，通知照常發送。"),),
        (N_("依據：{source}（{source_time} 公布）"),),
    ),
    "bound": (
        (
            N_("已完成與{child}的綁定，到校和離校自{start}起通知，未到校現在就會通知。"),
            N_("已完成與{child}的綁定，現在開始通知。"),
        ),
        (N_("已勾選：{boxes}"), N_("還沒勾選任何通知。")),
    ),
    "bound_other": (
        (
            N_("{date}{time}，另一位家長完成與{child}的綁定，{start}後才會開始收到通知。"),
            N_("{date}{time}，另一位家長完成與{child}的綁定。"),
        ),
        IF_UNKNOWN,
    ),
    "binding_declined": ((N_("學校退回了與{child}的綁定申請，沒有綁定。"),), ASK_SCHOOL),
    "child_closed": (
        (N_("今天多次核對{child}的資料都不一致，已暫停新的綁定，明天 00:00 恢復。"),),
        (N_("您的綁定和通知不受影響。"),),
        IF_UNKNOWN,
    ),
    "unbound": ((N_("與{child}的綁定已由學校解除，不會再收到通知。"),), ASK_SCHOOL),
    "moved_up": ((N_("{school}已登錄{child}的學籍。要沿用原來的綁定和訂閱嗎？"),),),
    "delegate_added": ((N_("{child}的家長請您代收「到校」「離校」通知，到 {until}為止。"),),),
    "delegate_ended": ((N_("代收已於 {date}結束，不會再收到{child}的通知。"),),),
    "link_new": (
        (N_("這個 LINE 帳號已連結台北通會員{member}，通知會送到這裡。"),),
        (N_("若不是您本人操作，請按「解除連結」。"),),
    ),
    "link_old": (
        (N_("{date}{time}，台北通會員{member}改用另一個 LINE 帳號，這裡不會再收到通知。"),),
        (N_("若不是您本人操作，請撥 {hotline}。"),),
    ),
    "unlinked": ((N_("這裡不會再收到通知。孩子的綁定仍保留，重新登入就能恢復。"),),),
    "copy_ready": (
        (N_("「我的資料」的副本已備妥，{time} 前可以下載，只能用一次。"),),
        (N_("若不是您本人操作，請撥 {hotline}。"),),
    ),
    "email_bounced": (
        (N_("寄到 {masked_email} 的信被退回，已停止寄送。"),),
        (N_("請更正 e-mail。"),),
    ),
    "app_gone": (
        (N_("酷課 APP 不再收這個帳號的通知，可能已登出或移除；已停止發送到酷課 APP。"),),
        (N_("LINE 通知不受影響。要再收，請先登入酷課 APP，再重新連結。"),),
    ),
    "fallback": (
        (N_("{time} 的「尚無刷卡紀錄」無法送到 LINE，已改用{channel}通知。"),),
        (N_("請確認沒有封鎖本帳號。"),),
    ),
    "sms_approved": (
        (N_("{child}的{items}簡訊已核准，{first_day}起發送到 {last_day}。"),),
        (N_("只計成功則數，每則 0.75 元。"),),
    ),
    "sms_returned": (
        (N_("學校退回了申請，原因：{reason}。"),),
        (N_("請修改後再送出。"),),
    ),
    "sms_lapsed": (
        (N_("學校在服務結束前沒有核准這份申請，沒有發送簡訊，也沒有費用。"),),
        (N_("已繳的 {refund} 元可退，請洽學校出納組。"), N_("新學期可以再申請。")),
    ),
    "sms_cancelling": (
        (N_("需經學校老師審核，審核後隔日生效；生效前仍會發送並計費。"),),
        (N_("想繼續使用，請按「取消註銷」。"),),
    ),
    "sms_kept": ((N_("註銷已取消，服務維持生效，期間不變：{first_day}–{last_day}"),),),
    "sms_cancelled": (
        (N_("註銷已核准，{effective}起不再發送。"),),
        (
            N_("已收 {prepaid} 元，費用 {fee} 元，應補 {due} 元。請洽學校出納組。"),
            N_("已收 {prepaid} 元，費用 {fee} 元，可退 {refund} 元。退費請洽學校出納組。"),
            N_("已收 {prepaid} 元，費用 {fee} 元，沒有退費。"),
        ),
    ),
    "sms_settled": (
        (
            N_(
                "本學期成功 {n} 則，費用 {fee} 元；已收 {prepaid} 元，應補 {due} 元。"
                "請洽學校出納組。"
            ),
            N_(
                "本學期成功 {n} 則，費用 {fee} 元；已收 {prepaid} 元，可退 {refund} 元。"
                "退費請洽學校出納組。"
            ),
            N_("本學期成功 {n} 則，費用 {fee} 元；已收 {prepaid} 元，沒有退費。"),
        ),
    ),
    "test": (
        (N_("收到這則測試，表示 LINE 通知正常。"),),
        (N_("最近一次通知：{last}"), N_("到校、離校時也會送到這裡。")),
    ),
}
