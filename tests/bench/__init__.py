"""The benchmark: `make bench`. Real server processes, a crowd of real WebSocket clients, and the bare stack beside them."""
