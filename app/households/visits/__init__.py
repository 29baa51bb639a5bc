"""Visits (走访): the policy that says when, the Today page that says whom, and the log of what was found."""
