"""The kinds of service: one module each, one line each."""

from catalog.kinds import ecs, lambda_

KINDS = {kind.name: kind for kind in (lambda_.KIND, ecs.KIND)}
