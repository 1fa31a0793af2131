"""Codes to addresses, from the press of a button to the address that counts."""
