"""Command groups that speak to a running server, as any other client does."""
