"""App push: what goes to 酷課 APP, from outbox to the bureau's gateway, and how it is connected."""
