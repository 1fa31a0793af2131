"""What the guide says can be typed is understood when typed, in every language."""

import pytest

from bot.commands import match
from core.guide.chat_words import CHAT_WORDS
from core.languages.language import Language
from core.languages.speech import _, speaking


@pytest.mark.parametrize("word", [word for word, _ in CHAT_WORDS])
def test_word_of_the_guide_is_a_command(word: str) -> None:
    command = match(word).command
    assert command is not None
    for language in Language:
        with speaking(language):
            assert match(_(word)).command is command
