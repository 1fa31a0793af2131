"""School days: office calendar, terms, closures and the policy of a day."""
