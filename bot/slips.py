"""One slip of the finger between a typed word and a known one. Pure."""

# One of these, more or other, is another sense and no slip: 明天放假, 卡片壞了, 綁錯孩子.
SENSE = frozenset("不沒無未別勿免取消停撤銷退解除刪關錯壞誤修放請換改找加減上下前後離誰哪幾嗎問")
# Left away, they turn the sense round: 我收到通知 is no 沒收到通知.
NEGATIONS = frozenset("不沒無未別勿")


def is_one_slip(word: str, known: str) -> bool:
    """Tell whether one character is wrong, missing or too many, and none that changes the sense."""
    if abs(len(word) - len(known)) > 1 or min(len(word), len(known)) < 2:
        return False
    shorter, longer = sorted((word, known), key=len)
    start = next((n for n, sign in enumerate(shorter) if sign != longer[n]), len(shorter))
    rest = start + 1 if len(shorter) == len(longer) else start
    if len(word) == len(known) and known[start : start + 1] in NEGATIONS:
        return False
    # The sign that is typed for another, or more than there is, or left out.
    slip = (known if len(word) < len(known) else word)[start : start + 1]
    return shorter[rest:] == longer[start + 1 :] and slip not in SENSE
