"""Exceptions by who can do something about them: the caller, or whoever runs the service."""

from __future__ import annotations


class SafeError(Exception):
    """An error whose message is written by us and holds nothing of the request.

    Only such messages are logged, traced and handed to the Lambda runtime; any other exception may quote
    its input (`KeyError: '4111…'`) and is reported by type and stack alone.
    """


class InvalidRequestError(SafeError):
    """The request breaks the contract; repeating it unchanged cannot help.

    Attributes:
        problems: Field path -> what is wrong with it. Names come from the contract, never from the request.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems.items()))


class DependencyUnavailableError(SafeError):
    """Something the function depends on did not answer; the same request may succeed later."""


class ConfigurationError(SafeError):
    """The function's environment is incomplete or contradictory."""


class UnexpectedFaultError(SafeError):
    """A bug: stands in for an exception whose own message must not leave the process."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"{type(error).__name__}; its stack is in the log line of this request")
