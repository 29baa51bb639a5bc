"""Residents (居民): people in households, from when to when, and the care they need."""
