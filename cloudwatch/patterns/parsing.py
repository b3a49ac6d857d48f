"""Parser of filter patterns."""

from __future__ import annotations

import functools
import re

from cloudwatch.errors import PatternError
from cloudwatch.patterns.expressions import comparison, expression, json_condition
from cloudwatch.patterns.model import (
    Comparison,
    Condition,
    Delimited,
    Expression,
    Field,
    FieldName,
    Gap,
    JsonPattern,
    Pattern,
    Regex,
    Term,
    Terms,
    conditions,
    names,
)
from cloudwatch.patterns.scanner import Scanner
from cloudwatch.patterns.selectors import FIELD
from cloudwatch.quotas import PATTERN_CHARACTERS

_WORD = re.compile(r"[A-Za-z0-9_./=@#;+][A-Za-z0-9_./=@#;+-]*")
"""A term without double quotes; the guide allows letters, digits and `_`.

CloudWatch Logs accepts more: filters such as `Scan timed out for item.id` are deployed. According to users it
rejects `( ) [ * : ,`, backslashes and backticks ("Invalid character(s) in term"). Not documented, and decided
here: a dot and the other symbols that it accepts elsewhere without quotes are accepted: those of regular
expressions ("Supported regular expressions") and of values of JSON patterns. See `unquoted`.
"""
_PLAIN = re.compile(r"[A-Za-z0-9_]+")
_BLANK = " \t\r\n"
_FIELD_ALONE = re.compile(FIELD.pattern + r"(?=[ \t\r\n]*[,\]])")


@functools.lru_cache(maxsize=4096)
def parse(text: str) -> Pattern:
    """Return the pattern: in `{}` for JSON events, in `[]` for space-delimited ones, else of terms.

    Raises:
        PatternError: CloudWatch Logs would reject it.
    """
    if len(text) > PATTERN_CHARACTERS:
        message = f"a pattern must have at most {PATTERN_CHARACTERS:,} characters (found: {len(text):,})"
        raise PatternError(message, PATTERN_CHARACTERS)
    scanner = Scanner(text)
    scanner.space()
    if scanner.take("{"):
        return _json(scanner)
    if scanner.take("["):
        return _delimited(scanner)
    return _terms(scanner)


def unquoted(pattern: Pattern) -> tuple[str, ...]:
    """Return the terms that have no double quotes although the guide requires them."""
    if not isinstance(pattern, Terms):
        return ()
    return tuple(
        term.what
        for term in pattern.terms
        if term.is_bare and isinstance(term.what, str) and not _PLAIN.fullmatch(term.what)
    )


def _terms(scanner: Scanner) -> Terms:
    """Parse terms; all of them must occur, except those with a sign.

    Filter pattern syntax, "unstructured log events": terms of other characters than letters, digits and `_`
    are in double quotes (see `_WORD`); `?` for optional, `-` for excluded ones. An older edition writes a
    space after `-`.
    """
    terms = []
    while not scanner.ended:
        sign = next((text for text in "?-" if scanner.take(text)), "")
        if sign == "-":
            scanner.space()
        is_bare = not (scanner.sees('"') or scanner.sees("%"))
        terms.append(Term(_term(scanner), sign, is_bare))
        if not scanner.ended and scanner.text[scanner.at] not in _BLANK:
            raise scanner.expected(
                "a space: outside double quotes, a term has letters, digits and _ only, or . - + / = @ # ;"
                ' (write "a:b" for one with other characters)'
            )
        scanner.space()
    return Terms(tuple(terms))


def _term(scanner: Scanner) -> str | Regex:
    if scanner.sees('"'):
        return scanner.quoted()
    if scanner.sees("%"):
        return scanner.regex()
    if word := scanner.match(_WORD):
        return word
    raise scanner.expected(
        'a term of letters, digits and _, a "phrase in double quotes" or a %regular expression%'
    )


def _json(scanner: Scanner) -> JsonPattern:
    condition = expression(scanner, json_condition, "}")
    if not scanner.take("}"):
        raise scanner.expected("&&, || or }")
    _end(scanner, "}")
    return JsonPattern(condition)


def _delimited(scanner: Scanner) -> Delimited:
    """Parse fields, separated by commas.

    Filter pattern syntax, "space-delimited log events": names with conditions, `...` for any number of
    fields; an empty entry is a field without a name (API Reference, TestMetricFilter, `[...,
    status_code=4*,]`).
    """
    fields: list[Field | Gap] = []
    scanner.space()
    while not (scanner.sees("]") and not fields):
        start = scanner.at
        _add(scanner, fields, _entry(scanner), start)
        scanner.space()
        if not scanner.take(","):
            break
        scanner.space()
    if not scanner.take("]"):
        raise scanner.expected("a comma or ]")
    _end(scanner, "]")
    return Delimited(tuple(fields))


def _add(scanner: Scanner, fields: list[Field | Gap], field: Field | Gap, position: int) -> None:
    if isinstance(field, Gap) and field in fields:
        message = "... is allowed only once in a pattern"
        raise scanner.error(message, position)
    if isinstance(field, Field) and field.name is not None and field.name in names(Delimited(tuple(fields))):
        message = f"two fields have the name {field.name}: names must be unique"
        raise scanner.error(message, position)
    fields.append(field)


def _entry(scanner: Scanner) -> Field | Gap:
    if scanner.ended or scanner.sees(",") or scanner.sees("]"):
        return Field()
    if scanner.take("..."):
        return Gap()
    if name := scanner.match(_FIELD_ALONE):
        return Field(name)
    start = scanner.at
    return _conditional(scanner, expression(scanner, _field_condition, ",]"), start)


def _field_condition(scanner: Scanner) -> Condition:
    name = scanner.match(FIELD)
    if not name:
        raise scanner.expected("the name of a field (letters, digits, - and _) or ...")
    scanner.space()
    return comparison(scanner, FieldName(name))


def _conditional(scanner: Scanner, condition: Expression, start: int) -> Field:
    """Return the field with this condition.

    An older edition of the guide had `[…, status_code = 4* && bytes > 1000]`. CloudWatch Logs answers
    "Invalid filter pattern" to it (AWS's documentation repository, amazon-cloudwatch-logs-user-guide,
    issue 21).
    """
    fields = sorted({_name(comparison) for comparison in conditions(condition)})
    if len(fields) > 1:
        message = (
            f"a condition must be about one field, not about {' and '.join(fields)}: separate them by a comma"
        )
        raise scanner.error(message, start)
    return Field(fields[0], condition)


def _name(condition: Condition) -> str:
    selector = condition.selector
    if not (isinstance(condition, Comparison) and isinstance(selector, FieldName)):
        message = f"{condition} is not a condition on a field"
        raise TypeError(message)
    return selector.name


def _end(scanner: Scanner, closing: str) -> None:
    scanner.space()
    if not scanner.ended:
        raise scanner.expected(f"nothing after {closing}")
