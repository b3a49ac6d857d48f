"""Static verification of synthesized Terraform JSON: alarms have data, and notifications are delivered.

It reports what AWS accepts without an error although it does not work: an alarm on a metric that does not
exist, a topic whose key policy excludes CloudWatch, a subscription without a dead-letter queue. It deploys
nothing and calls no AWS API.
"""

from __future__ import annotations

from terraform.configuration import ConfigurationError
from verify.faults import Fault, lines
from verify.prover import Proof, Route, prove

__all__ = ["ConfigurationError", "Fault", "Proof", "Route", "lines", "prove"]
