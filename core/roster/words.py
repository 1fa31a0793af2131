"""What is wrong with a roster file, in the words of whoever corrects it (zh-TW)."""

from core.roster.columns import CHINESE, Column
from core.roster.faults import Fault

BIG5_LOSS = "檔案是 Big5，罕用字已經遺失，請另存為「CSV UTF-8」再傳"
FILE_WORDS = {
    "format": "看不出檔案格式，請用 CSV、XLS、XLSX 或 ODS。",
    "header": "第一列找不到欄名：{found}",
    "too_big": "檔案超過 {found} MB",
    "password": "檔案有密碼，請先解除",
    "empty": "檔案裡沒有資料列",
    "too_many_rows": "超過 {found} 列，請分成幾個檔案，例如一個年級一個",
    "unopenable": "這個檔案打不開。請把有資料的部分複製到新的檔案，再存一次",
    "no_file": "請選擇檔案",
    "encoding": "檔案的文字讀不出來，請另存為「CSV UTF-8」再傳",
    "not_csv": "引號沒有成對，請用試算表程式重新存檔",
}
ROW_WORDS = {
    "missing": "必填欄位是空的",
    "school_code": "學校代碼不是 6 碼，或不是您的學校",
    "no_such_school": "沒有這所學校（{found}），請先登錄學校",
    "entry_year": "入學學年度應是民國年，例如 115",
    "student_number": "學號應是數字或英文字母，例如 10723456",
    "another_child": "登記的是另一位學生（{found}），有家長綁定，姓名和字號都不同。請確認學號；"
    "要改成這位學生，先解除原來的家長綁定；是同一位，先改姓名、再改字號，分兩次傳",
    "twice": "重複，第 {found} 列也是這個{column}",
    "person_taken": "同校學號 {found} 已登記這個號碼",
    "national_id": "身分證字號或居留證號格式不對（…{found}）",
    "birth_date": "出生年月日看不懂，請寫 2015-03-05 或 104/03/05",
    "grade": "年級應是 1–12",
    "homeroom": "班級看不懂，例如 603",
    "seat_number": "座號應是 1–99",
    "card_uid": "卡片內碼應是 8 或 14 碼（0–9、A–F），Excel 可能把它改成了數字",
    "card_taken": "這張卡已屬於另一位學生（{found}）",
    "status": "學籍狀態請用：在學、休學、轉學、畢業、退學",
    "unreadable": "姓名有字讀不出來（{found}），請查正確的字再填",
    "lost_characters": f"姓名有字讀不出來（{{found}}）：{BIG5_LOSS}",
    "private_characters": "姓名有自造字，別的電腦看不到，請到全字庫（CNS 11643）查正式的字再填",
    "name": "姓名有不能使用的符號",
    "formula": "內容像公式（開頭是 =、+、-、@），請改成文字",
    "column_twice": "這個欄名出現兩次",
}


def say(fault: Fault) -> str:
    """Return one line: 第 8 列、學號：重複，第 3 列也是這個學號."""
    words = ROW_WORDS.get(fault.code) or FILE_WORDS[fault.code]
    column = CHINESE[Column(fault.column)] if fault.column else ""
    text = words.format(found=fault.found, column=column)
    if fault.row is None:
        return text
    return f"第 {fault.row} 列、{column}：{text}" if column else f"第 {fault.row} 列：{text}"
