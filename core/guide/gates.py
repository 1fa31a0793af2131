"""What people ask about cards, taps and leaves."""

from core.guide.question import Line, Part, Question
from core.languages.speech import N_

GATE_QUESTIONS = (
    Question(
        "lost-card",
        N_("卡片不見了？忘了帶卡？"),
        (
            Part(
                N_(
                    "不見時輸入「掛失」：立即停用、不能復原，再請孩子向學校補卡（工本費 113 元）；"
                    "學校已申請補發就不用再掛失。忘了帶卡請輸入「補登申請」，由老師確認。"
                )
            ),
            Part(N_("壞了或感應不到，也請向學校補卡；補好之前用「補登申請」。")),
        ),
        (Line.SCHOOL,),
        "學生證 悠遊卡 補發 弄丟 壞了 故障 取消掛失",
    ),
    Question(
        "gate-rules",
        N_("怎麼算到校和離校？"),
        (),
        (Line.SERVICE,),
        "截止 放學 時間 規則 中午 補傳 補登 幾點",
    ),
    Question(
        "attendance",
        N_("刷卡算出缺席嗎？多刷幾次？"),
        (
            Part(
                N_(
                    "不算，刷卡紀錄供參考，出缺席以學校登記為準。一分鐘內重複刷只算一次；"
                    "中午外出再回來會各通知一次。"
                )
            ),
        ),
        (Line.SCHOOL,),
        "曠課 點名 重複",
    ),
    Question(
        "leave",
        N_("要請假？"),
        (
            Part(
                N_(
                    "在孩子的頁面按「請假」，今天的請假受理到截止時間；當天不會發「尚無刷卡紀錄」，"
                    "其他已綁定的家長會收到通知，導師的名單上也會註明。過了截止時間請直接聯絡學校。"
                )
            ),
        ),
        (Line.SCHOOL,),
        "病假 事假 生病 取消請假",
    ),
    Question(
        "after-school",
        N_("孩子放學後去安親班，還想知道有沒有離校？"),
        (
            Part(
                N_(
                    "在孩子的頁面把「離校提醒」選晚一點，到那個時間還沒有離校刷卡才通知。"
                    "沒有選就不提醒。"
                )
            ),
        ),
        (Line.SERVICE,),
        "課後班 社團 未刷離校 晚",
    ),
)
