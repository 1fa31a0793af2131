"""What people write of who name no command: a letter to the teacher, a complaint. Pure data.

Whoever writes so has a matter, and is offered the command that brings it about; the keys are the
commands' names.
"""

# Letters are longer than commands: 老師好，我是小明的媽媽，小明今天發燒…
LONGEST_LETTER = 300
MATTERS = {
    "LEAVE": "發燒 生病 不舒服 感冒 流感 腸病毒 確診 住院 看醫生 看牙醫 拉肚子 肚子痛 嘔吐 "
    "在家休息 不去學校 不能去學校 沒辦法去學校 不去上學 不能上學 晚到 會遲到 早退 "
    "fever sick ốm sốt nghỉhọc sakit demam 熱が 休みます",
    "LEAVE_CANCEL": "改請假",
    "WHY": "沒收到 沒有收到 收不到 沒通知 沒有通知",
    # A code that did not come is no notice.
    "SETTINGS": "沒收到驗證碼 沒有收到驗證碼 收不到驗證碼",
    "UNSUBSCRIBE": "不想收 不想再收 不要收 不要再傳 不要再發 別再傳 別再發 "
    "取消通知 關閉通知 停止通知",
    "MAKE_UP": "忘記帶卡 忘了帶卡 忘帶卡 沒帶卡 忘記刷 忘了刷 沒刷到",
    "ADD_CHILD": "怎麼綁定 如何綁定 要綁定 想綁定 綁定第二 第二個小孩",
    "MY_DATA": "下載資料 誰看過 刪除資料 我的個資",
    "STATUS": "刷卡機壞 刷卡機故障 機器壞 系統壞",
    "HOTLINE": "客訴 投訴 檢舉 真人 老師電話 老師的電話 電話給老師 電話給學校 聯絡老師",
}
