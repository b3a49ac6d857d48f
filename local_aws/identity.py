"""The address of the gateway, the path of its health endpoint, and its name there."""

HOST = "127.0.0.1"
"""The only address that is bound, because the local AWS does not check signatures."""

HEALTH = "/_reveille/health"
NAME = "reveille-local-aws"
