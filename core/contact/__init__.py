"""Proving an e-mail address or a number: a code is sent there and typed here."""
