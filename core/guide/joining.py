"""What people ask about Taipei Pass and about binding a child."""

from core.guide.question import Line, Part, Question
from core.kinds import Channel
from core.languages.speech import N_

PASS_QUESTIONS = (
    Question(
        "taipei-pass",
        N_("什麼是台北通？和臺北卡一樣嗎？"),
        (
            Part(
                N_(
                    "台北通是臺北市的市民帳號，舊稱臺北卡。本服務用它確認您的身分，所以需要完成實名認證的"
                    "金質會員；一般會員要先升級。密碼只在台北通的頁面輸入。"
                )
            ),
        ),
        (Line.PASS,),
        "taipei pass card 金質 實名 會員 註冊 gold hạng vàng emas ゴールド",
    ),
    Question(
        "no-smartphone",
        N_("沒有智慧型手機，或沒有行動網路？"),
        (
            Part(N_("可以用自然人憑證在電腦升級金質會員，或帶身分證明到區公所等窗口辦理。")),
            Part(N_("通知可以改收 e-mail。"), needs=Channel.EMAIL),
            Part(N_("也可以訂購簡訊，一般手機也收得到。"), needs=Channel.SMS),
            Part(
                N_(
                    "本學期的通知用 LINE 發送；可以請家裡使用 LINE 的人綁定，"
                    "或由已綁定的家長設為「代收」。"
                ),
                lacks=Channel.EMAIL,
            ),
        ),
        (Line.PASS,),
        "老人機 傳統手機 按鍵 wifi 自然人憑證 區公所",
    ),
    Question(
        "same-name-lines",
        N_("夫妻門號在同一人名下？預付卡、公司門號、外籍人士門號？"),
        (
            Part(
                N_(
                    "手機驗證認的是門號登記人，一個人名下不論幾支門號，只能認證這一位。"
                    "另一位請用自然人憑證、臨櫃或線上送件。"
                )
            ),
        ),
        (Line.PASS,),
        "同名 太太 先生 電信 手機驗證 失敗 sim",
    ),
    Question(
        "relatives-id",
        N_("認證時綁到家人的身分證？"),
        (
            Part(
                N_(
                    "這是台北通的認證資料，要由客服更正。請撥客服說明，更正後回來重新登入，"
                    "孩子的綁定不用重做。"
                )
            ),
        ),
        (Line.PASS,),
        "綁錯人 認錯 家人 錯誤",
    ),
)
BINDING_QUESTIONS = (
    Question(
        "several-children",
        N_("有好幾個孩子？"),
        (
            Part(
                N_(
                    "在「加入學生」逐一綁定，不同學校也可以。每個孩子的訂閱各自獨立，"
                    "也可以按「套用到所有孩子」。"
                )
            ),
            Part(N_("兄弟姊妹同時到校時，會合成一則。")),
        ),
        (Line.SERVICE,),
        "第二個 老二 雙胞胎 兩個 新增",
    ),
    Question(
        "several-guardians",
        N_("爸爸、媽媽、阿公都想收？"),
        (
            Part(
                N_(
                    "每位家長用自己的台北通登入並綁定，各自決定收什麼，彼此看不到對方的資料。"
                    "有新的家長綁定時，已綁定的家長和學校都會收到通知。"
                    "阿公阿嬤或安親班可以由家長設為「代收」，只收「到校」「離校」。"
                )
            ),
        ),
        (Line.SERVICE,),
        "父母 兩位 祖父母 親戚 一起 也要收",
    ),
    Question(
        "wrong-child",
        N_("綁錯孩子，或有不該綁定的人？"),
        (
            Part(
                N_(
                    "綁錯時在孩子的頁面按「解除綁定」，立即生效。發現不認得的綁定，請馬上聯絡學校，"
                    "學校可以當場停止。"
                )
            ),
        ),
        (Line.SCHOOL,),
        "離婚 監護權 陌生人 移除 綁定錯 取消綁定 不要讓",
    ),
    Question(
        "binding-code",
        N_("資料核對不過，或不是金質會員？"),
        (
            Part(
                N_(
                    "可以向學校索取綁定碼，在「加入學生」改用綁定碼，不用核對五項資料。"
                    "一般會員能不能用綁定碼，由學校決定。"
                )
            ),
        ),
        (Line.SCHOOL,),
        "不一致 無法綁定 五項 學號 生日 綁定單 失敗",
    ),
)
