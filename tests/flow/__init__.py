"""The story from tap to message, with processes started as `make demo` does."""
