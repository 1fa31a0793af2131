"""Where browsers and services come in: OAuth, signing in, joining, becoming gold."""
