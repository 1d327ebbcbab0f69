"""Files of older systems, read as columns. Pure: bytes of a file in, chunks of rows out; knows only the domain."""
