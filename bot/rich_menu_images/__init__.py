"""The pictures of the rich menus and what draws them."""
