"""The chat face: webhook, inbox, dispatch, commands, replies, rich menus."""
