"""What LINE keeps of an account: tokens, keys, counts, contents, menus, and who saw what."""
