"""Rules of composite alarms: read, printed, evaluated, and held against CloudWatch's limits."""

from drill.errors import RuleError
from drill.rules.limits import CHARACTERS, CHILDREN, ELEMENTS, check, check_length, elements
from drill.rules.parser import name_of, parse
from drill.rules.printer import text_of
from drill.rules.steps import And, AtLeast, Group, In, Not, Or, Rule, Step, Truth
from drill.rules.truth import children, holds

__all__ = [
    "CHARACTERS",
    "CHILDREN",
    "ELEMENTS",
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
