"""The Messaging API's endpoints, and access.line.me's account linking."""
