"""Proof, from synthesized Terraform JSON, that alarms have data and reach people.

What an account would accept in silence is refused here: an alarm on a metric that does not exist, a topic
whose key does not let CloudWatch in, a queue that drops what it is sent. Nothing is deployed and nobody is
asked.
"""

from __future__ import annotations

from terraform.configuration import ConfigurationError
from verify.faults import Fault, lines
from verify.prover import Proof, Route, prove

__all__ = ["ConfigurationError", "Fault", "Proof", "Route", "lines", "prove"]
