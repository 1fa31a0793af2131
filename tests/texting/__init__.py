"""Text messages: what they say, whom they reach, how they are counted."""
