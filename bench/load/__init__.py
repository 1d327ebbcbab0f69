"""Programs that make load or stand in for the server, each a process of its own."""
