"""Letters: who gets one, how it travels, how it is ended."""
