"""What people ask about accounts, languages and their data."""

from core.guide.question import Line, Part, Question
from core.languages.speech import N_

ACCOUNT_QUESTIONS = (
    Question(
        "languages",
        N_("可以用其他語言嗎？外籍生怎麼綁定？"),
        (
            Part(
                N_(
                    "輸入「語言」可選中文、English、Tiếng Việt、Bahasa Indonesia、日本語，"
                    "通知也跟著改。"
                    "外籍生填居留證號，新式、舊式都可以。"
                )
            ),
        ),
        (Line.SERVICE,),
        "英文 越南 印尼 日文 language 新住民 arc 居留證",
    ),
    Question(
        "new-phone",
        N_("換手機、換 LINE、轉學或升學？"),
        (
            Part(
                N_(
                    "換手機而 LINE 帳號不變，不用重設；換 LINE 帳號就重新登入台北通，"
                    "舊帳號會收到通知。"
                    "升學或轉學後，新學校登錄學籍時會問您是否沿用。"
                )
            ),
        ),
        (Line.SERVICE,),
        "新手機 畢業 國中 換學校 移轉",
    ),
    Question(
        "privacy",
        N_("個資怎麼保護？這會不會是詐騙？"),
        (
            Part(N_("您可以在「我的資料」查看、下載、刪除，也看得到誰查過。")),
            Part(
                N_(
                    "本服務不會在聊天或電話中要身分證字號、密碼、驗證碼或匯款，"
                    "連結只有 liff.line.me。"
                    "有疑問請先撥客服。"
                )
            ),
        ),
        (Line.SERVICE, Line.PRIVACY),
        "隱私 安全 假的 騙 個人資料 加密",
    ),
)
