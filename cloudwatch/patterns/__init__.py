"""CloudWatch Logs filter patterns: parsing, printing, matching, extraction of values.

Sources: Amazon CloudWatch Logs User Guide, "Filter pattern syntax for metric filters, subscription filters,
filter log events, and Live Tail" (called "Filter pattern syntax" below), and the API Reference. Behavior that
they do not document is described in the docstring of the code that decides it.
"""

from cloudwatch.patterns.matching import Match, Matcher
from cloudwatch.patterns.matching import compile_pattern as compile  # noqa: A004  # `patterns.compile`, as `re.compile`
from cloudwatch.patterns.model import Delimited, JsonPattern, Pattern, Selector, Terms
from cloudwatch.patterns.parsing import parse, unquoted
from cloudwatch.patterns.printing import text_of
from cloudwatch.patterns.selectors import selector

__all__ = [
    "Delimited",
    "JsonPattern",
    "Match",
    "Matcher",
    "Pattern",
    "Selector",
    "Terms",
    "compile",
    "parse",
    "selector",
    "text_of",
    "unquoted",
]
