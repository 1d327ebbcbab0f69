"""MQTT 3.1, 3.1.1 and 5.0 without sockets: bytes, packets, topics, sessions, routing."""
