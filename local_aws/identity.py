"""Where a front listens and how it is known: its health endpoint and the name it gives there."""

HOST = "127.0.0.1"
"""The only address ever bound: the local AWS checks no signature."""

HEALTH = "/_reveille/health"
NAME = "reveille-local-aws"
