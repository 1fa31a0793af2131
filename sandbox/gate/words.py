"""What the gate panel says of a tap and of a request that went wrong, in Chinese."""

BUFFERED = "buffered"
TAP_WORDS = {
    "recorded": "已記錄",
    "duplicate": "重複刷卡",
    "unknown_card": "卡片未登錄",
    "quarantined": "待學校確認",
    "invalid": "格式不對，沒有收下",
    BUFFERED: "暫存在刷卡機",
}
_TROUBLE = {
    0: "服務沒有回應",
    400: "服務看不懂這批資料",
    401: "服務不認得簽章",
    403: "這台刷卡機已被停用",
    404: "服務沒有這個網址",
    413: "一次送得太多",
    503: "服務忙不過來，稍後再送",
}


def tap_word(status: str) -> str:
    """Return how the panel names what became of a tap."""
    return TAP_WORDS.get(status, status)


def trouble(http_status: int, detail: str = "") -> str:
    """Return one sentence about an answer that is no success, with the service's own words."""
    words = _TROUBLE.get(http_status, "服務沒有收下")
    number = f"（{http_status}）" if http_status else ""
    return f"{words}{number}{'：' + detail if detail else ''}"
