"""Exceptions, by who can fix them: the caller, or the operator of the service."""

from __future__ import annotations


class SafeError(Exception):
    """An error whose message does not contain data of the request.

    Only these messages are logged, traced and passed to the Lambda runtime. Other exceptions may contain
    their input (`KeyError: '4111…'`) and are reported by type and stack only.
    """


class InvalidRequestError(SafeError):
    """The request is not valid; a retry cannot succeed.

    Attributes:
        problems: Field path -> problem. Field names are those of the contract, never of the request.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems.items()))


class DependencyUnavailableError(SafeError):
    """A dependency of the function did not answer; a retry may succeed."""


class ConfigurationError(SafeError):
    """The function's environment variables are missing or not valid."""


class UnexpectedFaultError(SafeError):
    """A bug: replaces an exception whose message must not leave the process."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"{type(error).__name__}; its stack is in the log line of this request")
