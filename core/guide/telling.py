"""What people ask about notices."""

from core.guide.question import Line, Part, Question
from core.kinds import Channel
from core.languages.speech import N_

NOTICE_QUESTIONS = (
    Question(
        "not-received",
        N_("沒收到通知？"),
        (
            Part(
                N_(
                    "輸入「為什麼沒收到」，會逐項檢查並告訴您怎麼做。"
                    "刷卡超過 60 分鐘才收到的資料不另外通知，但查得到。"
                )
            ),
        ),
        (Line.SERVICE,),
        "沒有訊息 封鎖 延遲 慢",
    ),
    Question(
        "no-tap",
        N_("孩子在學校，為什麼收到「尚無刷卡紀錄」？"),
        (
            Part(
                N_(
                    "這句話只表示截止時間前沒有刷卡，不代表孩子沒到。常見原因是忘了帶卡、沒感應到，"
                    "或資料較晚傳到；資料一到會立刻更正。不確定孩子在哪裡，請撥學校電話。"
                )
            ),
        ),
        (Line.SCHOOL,),
        "未到校 缺席 誤報 錯誤 遲到",
    ),
    Question(
        "unsubscribe-one",
        N_("只退訂一個孩子或一種通知？"),
        (
            Part(
                N_("輸入「退訂」或打開孩子的頁面，取消勾選後按「確認」，立即生效，不影響其他孩子。")
            ),
            Part(N_("付費簡訊要另外申請註銷，由學校審核。"), needs=Channel.SMS),
        ),
        (Line.SERVICE,),
        "不要 太多 吵",
    ),
    Question(
        "iphone-desktop",
        N_("iPhone、Mac 可以訂閱嗎？電腦版 LINE 沒有選單？"),
        (
            Part(
                N_(
                    "都可以用。勾選頁在 iPhone 和 Mac 能正常操作；看不到勾選框時，"
                    "請把 LINE 更新到最新版。"
                    "電腦版不顯示下方選單，改用打字，例如「今天」「訂閱」「設定」；輸入「說明」會列出全部。"
                )
            ),
        ),
        (Line.SERVICE,),
        "windows 平板 ipad 按鈕 方框 打勾",
    ),
    Question(
        "cost",
        N_("收訊息要錢嗎？"),
        (
            Part(N_("LINE 通知免費，上網費依您的電信方案。")),
            Part(
                N_("簡訊要訂購，每則成功 0.75 元；「尚無刷卡紀錄」和緊急簡訊不收費。"),
                needs=Channel.SMS,
            ),
            Part(N_("簡訊本學期未提供。"), lacks=Channel.SMS),
        ),
        (Line.SERVICE,),
        "費用 多少錢 付費 免費",
    ),
    Question(
        "sms",
        N_("怎麼訂購、註銷簡訊，何時生效？"),
        (
            Part(
                N_(
                    "輸入「簡訊」申請，或交回學校的意願回條並到出納組繳費。訂購和註銷都要學校審核，"
                    "審核後隔日生效；審核前可以撤回申請，或取消註銷。退費請洽學校出納組。"
                ),
                needs=Channel.SMS,
            ),
            Part(N_("簡訊本學期未提供，不用辦理。LINE 通知照常發送。"), lacks=Channel.SMS),
        ),
        (Line.SCHOOL,),
        "sms 退費 繳費 回條 出納",
    ),
    Question(
        "when",
        N_("什麼時候通知？放假、停課呢？"),
        (
            Part(
                N_(
                    "有刷卡就會通知。「尚無刷卡紀錄」只在上課日發送；停課、放假不會發，"
                    "半天課依學校設定的時間判斷。"
                )
            ),
        ),
        (Line.SCHOOL,),
        "寒假 暑假 颱風 補課 開學 假日",
    ),
)
