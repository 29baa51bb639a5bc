"""The ground under every package. Knows nothing of communities."""
