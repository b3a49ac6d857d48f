"""Rules of composite alarms: parsing, printing, evaluation, and validation against CloudWatch's quotas."""

from cloudwatch.errors import RuleError
from cloudwatch.rules.limits import check, check_length, elements
from cloudwatch.rules.parser import name_of, parse
from cloudwatch.rules.printer import text_of
from cloudwatch.rules.steps import And, AtLeast, Group, In, Not, Or, Rule, Step, Truth
from cloudwatch.rules.truth import children, holds

__all__ = [
    "And",
    "AtLeast",
    "Group",
    "In",
    "Not",
    "Or",
    "Rule",
    "RuleError",
    "Step",
    "Truth",
    "check",
    "check_length",
    "children",
    "elements",
    "holds",
    "name_of",
    "parse",
    "text_of",
]
