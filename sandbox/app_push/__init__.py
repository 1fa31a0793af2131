"""The bureau's push gateway: apps that are signed in, and what was pushed to them."""
