"""What people write of who name no command: a letter to the teacher, a complaint. Pure data.

Whoever writes so has a matter, and is offered the command that brings it about; the keys are the
commands' names.
"""

# Letters are longer than commands: 老師好，我是小明的媽媽，小明今天發燒…
LONGEST_LETTER = 300
MATTERS = {
    "TODAY": "arrived ismysonatschool ismydaughteratschool ismychildatschool ismykidatschool "
    "đếntrườngchưa vềchưa tanhọcchưa sudahsampai sudahtiba sudahpulang belumsampai "
    "着きましたか 登校しましたか 下校しましたか",
    "LEAVE": "發燒 生病 不舒服 感冒 流感 腸病毒 確診 住院 看醫生 看牙醫 拉肚子 肚子痛 嘔吐 回診 "
    "在家休息 生病在家 他在家 她在家 已在家 不去學校 不能去學校 沒辦法去學校 不會去學校 不去上學 "
    "不能上學 不去上課 不上學 今天不去 明天不去 不會到校 沒去學校 "
    "沒有要去學校 晚到 今天晚點到 會遲到 早退 "
    "請病假 請事假 請喪假 請公假 公假 生理假 天的假 請半天 請兩天 請三天 "
    "fever sick takeleave ốm sốt nghỉhọc sakit demam izinbesok besokizin 熱が 熱を 休みます 欠席し",
    "LEAVE_CANCEL": "改請假 假單取消 請錯天 請錯日 沒有請假 沒請假 沒有要請假 不是請假 不是要請假",
    "WHY": "沒收到 沒有收到 收不到 沒通知 沒有通知 通知沒來 訊息沒來 沒有跳 不會跳 通知很慢 "
    "訊息很慢 很晚才 那麼晚才 才收到 通知晚 沒有到校通知 沒有離校通知 只有到校 離校沒有 "
    "didn'tget didn'treceive didnotget didnotreceive nomessage nonotice khôngnhậnđược "
    "tidakmenerima tidakadanotifikasi 届きません 通知が来ない",
    # A code that did not come is no notice.
    "SETTINGS": "沒收到驗證碼 沒有收到驗證碼 收不到驗證碼 驗證碼沒收到 電話改 "
    "改信箱 字體 字太小 字可以放大",
    "UNSUBSCRIBE": "不想收 不想再收 不要收 不要再傳 不要再發 別再傳 別再發 不用再通知 不用通知 "
    "取消通知 關閉通知 停止通知 停止接收 關掉通知 通知關 不要到校 不要離校 取消到校 取消離校 "
    "太吵 通知太多 unsubscribe stopsending dừngthôngbáo berhentilangganan 通知を止め",
    "MAKE_UP": "忘記帶卡 忘了帶卡 忘帶卡 沒帶卡 忘記刷 忘了刷 沒刷到 補打卡 補刷卡 忘在家 放在家 "
    "卡忘 忘記帶學生證 忘了帶學生證 沒帶學生證 證忘 "
    "forgothiscard forgothercard forgotcard forgottotap quênthẻ lupabawakartu カードを忘れ",
    "ASK_SCHOOL": "幫我確認 幫忙確認 請確認 老師確認 麻煩確認 請老師看 老師幫我看 導師幫我看 "
    "幫我問老師 checkifmy",
    "LOST_CARD": "卡丟 證丟 卡被偷 證被偷 卡掉在 卡弄丟 losthiscard losthercard mấtthẻ "
    "kehilangankartu カードをなくし",
    "ADD_CHILD": "怎麼綁定 如何綁定 要綁定 想綁定 要綁 綁定第二 第二個小孩 新增小孩 綁定小孩 "
    "兩個小孩怎麼加 addmysecond 子供を追加",
    "MY_DATA": "下載資料 誰看過 刪除資料 我的個資 刪除帳號 刪除我的 刪除我所有 註銷帳號 "
    "deletemy xóatàikhoản hapusakun hapusdata アカウント削除",
    "NEW_PHONE": "換手機 gantihp",
    "UNLINK": "登出 logout",
    "BROWSER_LINK": "打不開 點不進 進不去 一直轉 是空白 按了沒反應 won'topen khôngmởđược "
    "tidakbisadibuka",
    "START": "無法登入 登入失敗 登不進 忘記密碼 login signin đăngnhập ログイン",
    "STATUS": "刷卡機壞 刷卡機故障 刷卡機沒反應 機器壞 系統壞 系統異常 系統有問題 當機 systemdown "
    "serverdown sistemerror システム障害",
    "HOTLINE": "客訴 投訴 檢舉 申訴 真人 老師電話 老師的電話 電話給老師 電話給學校 聯絡老師 "
    "打電話給我 回電 找老師 室電話 處電話 組電話 中心電話 電話幾號 電話多少 電話是多少 有人在 "
    "沒人回 不要機器人 跟機器人 議員 告你們 系統很爛 爛系統 爛透 難用 "
    "schoolphone callschool teacher'sphone gọinhàtrường sốđiệnthoại nomortelepon 学校の電話 連絡先",
    "HELP": "什麼功能 怎麼用 這是什麼 看不懂 不會用 howtouse 使い方",
    "ENGLISH": "英文",
    "LANGUAGE": "泰文 泰語 ภาษาไทย",
}
