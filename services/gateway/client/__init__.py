"""The client's side: its connection, what it sends, and what of it may pass."""
