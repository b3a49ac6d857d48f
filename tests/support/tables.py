"""Table tests: one test runs all entries of a table, and a failure lists every entry that failed.

`pytest.mark.parametrize` creates one test per entry. Collecting, distributing and reporting these tests takes
longer than most of them run; it is used for tests that are slow, or whose fixtures are not in `FRESH`.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pytest

Test = Callable[..., None]
ParameterSet = type(pytest.param())
FRESH = ("capsys", "folder", "monkeypatch", "tmp_path")
"""Function-scoped fixtures that are renewed for each entry. All entries share any other fixture."""


class EntriesError(AssertionError):
    """Entries of a table failed. The message has a line per entry; the first failure is the cause."""


def each(
    names: str | Sequence[str],
    entries: Iterable[Any] | Callable[[], Iterable[Any]],
    *,
    ids: Iterable[str] | Callable[[Any], str] | None = None,
) -> Callable[[Test], Test]:
    """Call a test with every entry, as `pytest.mark.parametrize` does.

    Args:
        names: the names of the parameters.
        entries: the table, with a value per name in each entry; or a function that returns it, which is
            called when the test runs.
        ids: the name of each entry; by default, its values.
    """
    parameters = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def run_all(**fixtures: Any) -> None:
            table = list(entries() if callable(entries) else entries)
            labels = list(ids) if ids is not None and not callable(ids) else [None] * len(table)
            failures: list[tuple[str, BaseException]] = []
            skipped: list[BaseException] = []
            for number, (entry, label) in enumerate(zip(table, labels, strict=True)):
                values = entry.values if isinstance(entry, ParameterSet) else entry
                values = (values,) if len(parameters) == 1 and values is entry else values
                try:
                    with _fresh(fixtures, number) as own:
                        test(**own, **dict(zip(parameters, values, strict=True)))
                except pytest.skip.Exception as skip:
                    skipped.append(skip)
                except (Exception, pytest.fail.Exception) as failure:  # noqa: BLE001  # run the other entries
                    failures.append((ids(entry) if callable(ids) else label or _label(entry), failure))
            if failures:
                raise EntriesError(_summary(failures, len(table))) from failures[0][1]
            if not table or len(skipped) == len(table):
                pytest.skip(str(skipped[0]) if skipped else "the table is empty")

        signature = inspect.signature(test)
        requested = [parameter for name, parameter in signature.parameters.items() if name not in parameters]
        assert len(requested) + len(parameters) == len(signature.parameters), (
            f"{test.__name__} lacks parameters"
        )
        run_all.__signature__ = signature.replace(parameters=requested)  # type: ignore[attr-defined]  # pytest reads it
        return run_all

    return decorate


@contextlib.contextmanager
def _fresh(fixtures: Mapping[str, Any], number: int) -> Iterator[dict[str, Any]]:
    """Yield the fixtures of an entry, renewed as for a separate test."""
    own = dict(fixtures)
    with contextlib.ExitStack() as stack:
        if "capsys" in own:
            own["capsys"].readouterr()
        if "folder" in own:
            own["folder"].renew()
        elif "tmp_path" in own:
            own["tmp_path"] /= str(number)
            own["tmp_path"].mkdir(exist_ok=True)
        if "monkeypatch" in own:
            own["monkeypatch"] = stack.enter_context(own["monkeypatch"].context())
        yield own


def _label(entry: Any) -> str:
    """Return the default name of an entry: its id or its values."""
    if isinstance(entry, ParameterSet):
        return str(entry.id or entry.values)
    try:
        return entry if isinstance(entry, str) else repr(entry)
    except ValueError:  # a number with more digits than Python converts to a string
        return f"a {type(entry).__name__}"


def _summary(failures: Sequence[tuple[str, BaseException]], number: int) -> str:
    """Return the failed entries, each with the first line of its error."""
    lines = [f"{len(failures)} of {number} entries failed"]
    for label, failure in failures:
        error = str(failure) or type(failure).__name__
        nested = isinstance(failure, EntriesError)
        lines.append(f"- {label}: {error if nested else error.splitlines()[0]}")
    return "\n".join(lines)
