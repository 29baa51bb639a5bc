"""API clients: other systems that read with a token of their own."""
