"""語言: the chat answers in the chosen language from now on, and so do notices and pages."""

from bot.answer import Answer
from bot.commands import Command
from bot.handlers.turn import Turn
from bot.replies import languages as reply
from core.languages.language import Language
from core.languages.speech import speaking
from core.people.languages import choose_language

LANGUAGES = {
    Command.CHINESE: Language.CHINESE,
    Command.ENGLISH: Language.ENGLISH,
    Command.VIETNAMESE: Language.VIETNAMESE,
    Command.INDONESIAN: Language.INDONESIAN,
    Command.JAPANESE: Language.JAPANESE,
}


def change_language(turn: Turn, language: Language) -> Answer:
    """Keep the choice and say so in the language chosen."""
    choose_language(turn.session, turn.person.line_user_id, language, turn.now)
    with speaking(language):
        is_linked = turn.person.guardian is not None
        messages = reply.changed() if is_linked else reply.introduction(turn.pages)
        return Answer(messages=messages, matters=True)
