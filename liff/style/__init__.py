"""The design system shown living, in development only: its tokens and its parts in all states."""
