"""The processes in which parsers run: they can be killed, see no secrets, and end with the service."""
