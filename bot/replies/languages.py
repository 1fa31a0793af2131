"""The service in the other languages of the city's families. Notices are in Chinese for now."""

from dataclasses import dataclass

from bot.answer import Json
from bot.commands import Command
from bot.replies.pages import Pages
from bot.replies.speech import say, show
from core.notices.flex import INK2, bubble, buttons, primary, text


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language: what the service is, the honest limit, the button."""

    greeting: str
    limit: str
    start: str


TONGUES = {
    Command.ENGLISH: Tongue(
        "This is the Taipei school gate notice service. When your child taps the student card, you "
        "are told here. Set-up takes about 3 minutes. We never ask for ID numbers or passwords in "
        "chat.",
        "Notices are in Chinese for now.",
        "Start",
    ),
    Command.VIETNAMESE: Tongue(
        "Đây là dịch vụ thông báo đến và rời trường của Đài Bắc. Khi con quẹt thẻ học sinh, "
        "anh/chị nhận tin tại đây. Cài đặt khoảng 3 phút. Chúng tôi không bao giờ hỏi số giấy tờ "
        "hay mật khẩu trong chat.",
        "Hiện tại tin thông báo chỉ có tiếng Trung.",
        "Bắt đầu",
    ),
    Command.INDONESIAN: Tongue(
        "Ini layanan notifikasi gerbang sekolah Taipei. Saat anak tap kartu pelajar, Anda diberi "
        "tahu di sini. Pengaturan sekitar 3 menit. Kami tidak pernah meminta nomor identitas atau "
        "sandi di chat.",
        "Untuk saat ini notifikasi hanya dalam bahasa Mandarin.",
        "Mulai",
    ),
    Command.JAPANESE: Tongue(
        "台北市の登下校通知です。お子さまが校門で学生証をタッチすると、ここにお知らせします。"
        "設定は約3分です。チャットで身分証番号やパスワードをお聞きすることはありません。",
        "現在、お知らせは中国語のみです。",
        "はじめる",
    ),
}


def choice() -> list[Json]:
    """Return the languages there are; each can be typed."""
    words = [command.value for command in TONGUES]
    return [say("目前通知是中文。其他語言的說明請選：", *words)]


def introduction(command: Command, pages: Pages) -> list[Json]:
    """Return what the service is in the chosen language."""
    tongue = TONGUES[command]
    contents = [
        text(command.value, size="xl", weight="bold"),
        text(tongue.greeting, margin="sm"),
        text(tongue.limit, size="sm", color=INK2, margin="md"),
        buttons(primary(tongue.start, pages.start)),
    ]
    return [show(command.value, bubble(contents), "語言", "說明")]
