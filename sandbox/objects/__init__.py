"""What LINE takes: messages, actions, menus, and how their faults are told."""
