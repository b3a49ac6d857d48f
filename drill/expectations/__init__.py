"""Whether what a scenario expects happened, each in a sentence that says what happened instead."""

from drill.expectations.checking import check, problems
from drill.expectations.judging import judged

__all__ = ["check", "judged", "problems"]
