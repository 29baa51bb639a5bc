"""Grid areas (网格, 分片包干) and who is responsible for them."""
