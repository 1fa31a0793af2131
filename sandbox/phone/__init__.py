"""The phones: their page, what is done and said on them, what can be sent."""
