"""One module per area; each offers `run(bench) -> list[Measurement]`."""
