"""People who sign in, API clients of other systems, roles, and the Principal that every service asks."""
