"""Who: schools, roster, guardians, account links, bindings, subscriptions."""
