"""Districts (区), which supervise communities."""
