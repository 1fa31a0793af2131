"""Typed words to commands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import POLITE, SYNONYMS, Command, Match, match
from bot.sentences import asks_for_leave, fold

SPELLINGS = [
    ("今天", Command.TODAY),
    ("今天到了嗎", Command.TODAY),
    ("到校了嗎？", Command.TODAY),
    ("孩子在哪", Command.TODAY),
    ("today", Command.TODAY),
    ("Hôm nay", Command.TODAY),
    ("ｔｏｄａｙ", Command.TODAY),
    ("/今天。", Command.TODAY),
    (" 今 天 ", Command.TODAY),
    ("本周", Command.WEEK),
    ("這禮拜", Command.WEEK),
    ("這星期呢", Command.WEEK),
    ("tuần này", Command.WEEK),
    ("设定", Command.SETTINGS),
    ("cài đặt", Command.SETTINGS),
    ("加入学生", Command.ADD_CHILD),
    ("歸戶", Command.ADD_CHILD),
    ("？", Command.HELP),
    ("怎麼用？", Command.HELP),
    ("登入臺北通", Command.START),
    ("語言 Language", Command.LANGUAGE),
    ("tiếng việt", Command.VIETNAMESE),
    ("真人", Command.HOTLINE),
    ("請假 小明 明天 發燒", Command.LEAVE),
    ("退訂　小明　離校", Command.UNSUBSCRIBE),
    ("忘記刷卡", Command.MAKE_UP),
    ("沒收到", Command.WHY),
    ("請假小明明天發燒", Command.LEAVE),
    ("取消請假小明", Command.LEAVE_CANCEL),
    ("今日", Command.TODAY),
    ("謝謝！", Command.THANKS),
]


@pytest.mark.parametrize(("text", "command"), SPELLINGS)
def test_spellings_of_a_command(text: str, command: Command) -> None:
    assert match(text) == Match(command)


@pytest.mark.parametrize("command", Command)
def test_every_command_and_synonym_is_understood(command: Command) -> None:
    for word in (command.value, *SYNONYMS.get(command, "").split()):
        assert match(word).command is command, word


@pytest.mark.parametrize(
    ("text", "command"),
    [("setings", Command.SETTINGS), ("加入學升", Command.ADD_CHILD), ("為什麼沒收", Command.WHY)],
)
def test_one_slip_in_a_longer_word_is_forgiven(text: str, command: Command) -> None:
    assert match(text) == Match(command)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("明天", Command.TODAY),
        ("今夭", Command.TODAY),
        ("今大", Command.TODAY),
        ("我想看今天的紀錄", Command.TODAY),
    ],
)
def test_what_may_be_meant_is_only_offered(text: str, command: Command) -> None:
    assert match(text) == Match(nearest=command)


@pytest.mark.parametrize(
    "text",
    ["現在幾點", "我在路上", "進教室沒帶水壺", "明天假日"]
    + ["明天放假嗎", "卡片壞了", "綁錯孩子", "綁定錯了", "取消掛失", "取消綁定", "補登取消"]
    + ["請問"],
)
def test_a_sign_that_changes_the_sense_is_no_slip(text: str) -> None:
    assert match(text) == Match()


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("我要情假", Command.LEAVE),
        ("忘記刷咔", Command.MAKE_UP),
        ("請協助確任", Command.ASK_SCHOOL),
        ("確定送處", Command.SEND),
        ("學生證遺矢", Command.LOST_CARD),
    ],
)
def test_what_acts_is_never_guessed(text: str, nearest: Command) -> None:
    assert match(text) == Match(nearest=nearest)


@pytest.mark.parametrize("text", ["請假怎麼辦", "可以補登嗎", "退訂要多久", "送出嗎", "明天請假嗎"])
def test_a_question_starts_nothing(text: str) -> None:
    assert match(text).command is None


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("訂閱取消", Command.UNSUBSCRIBE),
        ("我想取消訂閱", Command.UNSUBSCRIBE),
        ("不想再訂閱", Command.UNSUBSCRIBE),
        ("不用請假", Command.LEAVE_CANCEL),
        ("能不能請假", Command.LEAVE),
        ("可以取消請假嗎", Command.LEAVE_CANCEL),
        ("可以補登嗎", Command.MAKE_UP),
    ],
)
def test_what_is_called_off_is_not_offered(text: str, nearest: Command) -> None:
    assert match(text) == Match(nearest=nearest)


@pytest.mark.parametrize(
    "text",
    [
        "請假 小晴 明天 午餐不用了",
        "請假 小晴 明天 活動取消",
        "請假 小晴 明天 什麼都吃不下",
        "請假 小晴 明天 不知道怎麼了肚子痛",
        "請假 小晴 明天 可以嗎",
        "我要請假 小晴明天身體不舒服請假",
    ],
)
def test_reason_and_courtesy_take_no_leave_back(text: str) -> None:
    assert match(text) == Match(Command.LEAVE)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("小晴明天請假，便當不用了", True),
        ("校外教學取消，小晴明天請假", True),
        ("小晴明天身體不舒服請假一天", True),
        ("小晴明天特別請假", True),
        ("小晴明天阿公告別式請假", True),
        ("小晴明天請假 感冒 怎麼都沒好", True),
        ("小晴明天請假，可以嗎？", True),
        ("小晴明天可以請假嗎", False),
        ("小晴明天請假要怎麼辦", False),
        ("明天不用請假", False),
    ],
)
def test_sentence_of_a_day_asks_for_a_leave_or_asks_something(text: str, asks: bool) -> None:
    assert match(text).command is None
    assert asks_for_leave(text) is asks


@pytest.mark.parametrize("text", ["請協助確認 小晴到校了嗎", "問老師 小晴到了嗎"])
def test_what_is_asked_of_the_school_is_a_question(text: str) -> None:
    assert match(text) == Match(Command.ASK_SCHOOL)


@pytest.mark.parametrize(
    "text", ["我想取消明天的請假", "請假 小明 明天 取消", "撤回後天的病假", "請假不用了"]
)
def test_a_sentence_that_takes_a_leave_back(text: str) -> None:
    assert match(text) == Match(Command.LEAVE_CANCEL)


@pytest.mark.parametrize("text", ["", " ", "。", "Good weather", "台北", "a" * 5000, "今天" * 40])
def test_what_is_near_nothing_offers_nothing(text: str) -> None:
    assert match(text) == Match()


def test_the_longer_word_inside_a_sentence_is_meant() -> None:
    assert match("請問怎麼開始設定呢").nearest is Command.START


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("老師好，小明今天發燒38.5度，要在家休息一天", Command.LEAVE),
        ("老師您好我是六年三班王小明的媽媽，小明今天早上起來發燒，要去看醫生", Command.LEAVE),
        ("小明確診了", Command.LEAVE),
        ("my son is sick today", Command.LEAVE),
        ("hôm nay con ốm", Command.LEAVE),
        ("anak saya demam hari ini", Command.LEAVE),
        ("今日休みます", Command.LEAVE),
        ("我要改請假日期", Command.LEAVE_CANCEL),
        ("小明今天沒收到離校通知", Command.WHY),
        ("怎麼都沒有收到訊息", Command.WHY),
        ("沒收到驗證碼", Command.SETTINGS),
        ("我不想收了", Command.UNSUBSCRIBE),
        ("不要再傳了很煩", Command.UNSUBSCRIBE),
        ("昨天忘記帶卡", Command.MAKE_UP),
        ("請問怎麼綁定第二個小孩", Command.ADD_CHILD),
        ("刷卡機壞了嗎", Command.STATUS),
        ("幫我打電話給老師", Command.HOTLINE),
        ("我要客訴", Command.HOTLINE),
        ("誰看過小晴", Command.MY_DATA),
        ("今天不上學", Command.LEAVE),
        ("老師您好，小晴發燒在家休息，再麻煩老師回電", Command.LEAVE),
        ("阿公過世請喪假三天", Command.LEAVE),
        ("我沒有要請假", Command.LEAVE_CANCEL),
        ("请错天了", Command.LEAVE_CANCEL),
        ("通知很慢", Command.WHY),
        ("I didn't get a notification", Command.WHY),
        ("到校不用通知", Command.UNSUBSCRIBE),
        ("unsubscribe", Command.UNSUBSCRIBE),
        ("學生證忘在家裡", Command.MAKE_UP),
        ("con quên thẻ", Command.MAKE_UP),
        ("請幫我確認小晴到校了嗎", Command.ASK_SCHOOL),
        ("my son lost his card", Command.LOST_CARD),
        ("请删除我所有资料", Command.MY_DATA),
        ("delete my account", Command.MY_DATA),
        ("連結打不開", Command.BROWSER_LINK),
        ("系統當機", Command.STATUS),
        ("請老師回電", Command.HOTLINE),
        ("school phone", Command.HOTLINE),
        ("Is my son at school?", Command.TODAY),
        ("anak saya sudah pulang?", Command.TODAY),
    ],
)
def test_a_matter_offers_the_command_that_brings_it_about(text: str, nearest: Command) -> None:
    assert match(text) == Match(nearest=nearest)


@pytest.mark.parametrize("text", ["到校了嗎謝謝", "資料送出去了", "要繼續收"])
def test_a_word_of_courtesy_or_of_a_task_is_not_offered(text: str) -> None:
    assert match(text) == Match()


@pytest.mark.parametrize(
    ("text", "command"),
    [
        *((one, Command.THANKS) for one in ("謝謝老師", "謝謝你們", "cảm ơn cô", "好的，謝謝您")),
        *((one, Command.THANKS) for one in ("ありがとうございます", "謝謝🙏", "謝謝老師的照顧")),
        *((one, Command.GREETING) for one in ("早安", "老師好", "您好！", "Hello", "xin chào")),
        *((one, Command.AGREEMENT) for one in ("好的", "OK👌", "好喔", "好的收到", "👍🏻")),
        *((one, Command.NOTED) for one in ("收到", "知道了", "我收到了", "收到通知了", "了解")),
    ],
)
def test_courtesy_in_any_words_is_a_courtesy(text: str, command: Command) -> None:
    assert match(text) == Match(command)


@pytest.mark.parametrize(
    "text",
    ["老師知道了嗎", "有收到嗎", "是真的嗎", "收到?", "謝謝 小明幾點到", "好的學校"]
    + ["我收到通知單", "好煩", "Hello my son", "hi there", "老師", "謝謝招待小明", "您好請問"],
)
def test_what_asks_or_tells_more_is_no_courtesy(text: str) -> None:
    assert match(text).command not in POLITE


def test_to_have_got_a_notice_is_not_to_miss_one() -> None:
    assert match("我想收到通知").command is not Command.WHY


@pytest.mark.parametrize(
    "text",
    ["Hủy đơn nghỉ ngày mai", "hủy đơn nghỉ", "Cancel leave tomorrow", "cancel leave"]
    + ["batal izin besok", "取消 請假 小明 明天"],
)
def test_to_cancel_a_leave_gives_up_no_task(text: str) -> None:
    assert match(text) == Match(Command.LEAVE_CANCEL)


def test_a_leave_on_the_wrong_day_is_taken_back() -> None:
    assert match("請假請錯天了") == Match(Command.LEAVE_CANCEL)
    assert match("簡訊申請錯了").command is None


@pytest.mark.parametrize(
    "text", ["Is she at school today?", "Hôm nay con đến chưa", "今日は学校に着きましたか"]
)
def test_a_day_is_found_in_a_sentence_of_any_language(text: str) -> None:
    assert match(text) == Match(nearest=Command.TODAY)


@given(st.text(max_size=80))
def test_no_text_is_too_strange(text: str) -> None:
    found = match(text)

    assert found.command is None or found.nearest is None


def slips_of(word: str) -> set[str]:
    """Every text with one character of the word left out, changed or doubled."""
    spots = range(len(word))
    return {
        slip
        for at in spots
        for slip in (
            word[:at] + word[at + 1 :],
            f"{word[:at]}嗯{word[at + 1 :]}",
            f"{word[:at]}校{word[at:]}",
        )
    }


def test_words_of_staff_are_never_guessed() -> None:
    """Whatever is near, a guardian is offered only what a guardian may use."""
    known = {
        fold(word)
        for command in Command
        for word in (command.value, *SYNONYMS.get(command, "").split())
    }
    own = {fold(word) for word in ("校務指令", *SYNONYMS[Command.STAFF].split())}

    for word in known:
        for slip in slips_of(word) - own:
            found = match(slip)

            assert found.nearest is not Command.STAFF, slip
            is_staff_word = any(fold(slip).startswith(one) for one in own)
            assert found.command is not Command.STAFF or is_staff_word, slip


def test_ending_texts_in_one_word_is_about_texts() -> None:
    assert match("註銷") == Match(Command.SMS)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("改手機號碼", Command.SETTINGS),
        ("改email", Command.SETTINGS),
        ("刪除帳號", Command.MY_DATA),
        ("不要再傳了", Command.UNSUBSCRIBE),
        ("不要收了", Command.UNSUBSCRIBE),
    ],
)
def test_what_people_want_of_their_account(text: str, command: Command) -> None:
    assert match(text).command is command
