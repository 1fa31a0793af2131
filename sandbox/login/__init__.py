"""LINE Login and LIFF: sign-in, consent, tokens, and the stand-in of LINE's SDK."""
