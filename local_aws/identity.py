"""How a front is known: its health endpoint and the name it gives there."""

HEALTH = "/_reveille/health"
NAME = "reveille-local-aws"
