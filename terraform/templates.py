r"""Escaping of text in Terraform's JSON, where every string is a template.

Source: Terraform language, "JSON Configuration Syntax", section "Expression Mapping", and "Strings and
    Templates", section "Escape Sequences": `${` begins an interpolation and `%{` a directive; `$${` and
    `%%{` are these texts.
"""

from __future__ import annotations

import re
from typing import Any, Final

_TOKEN: Final = re.compile(r"\$\{TfToken\[[A-Za-z0-9:._-]+\]\}")
"""CDKTF's marker of a reference in a text, which synthesis replaces (cdktf 0.21.0,
`lib/tokens/private/encoding`). Config accepts no text with one."""


def escaped(value: Any) -> Any:  # noqa: ANN401  # anything that a resource takes
    """Return `value` with every text in it escaped, so that AWS receives it unchanged.

    Args:
        value: an argument of a resource of the bindings: text, number, list, mapping or jsii struct. CDKTF's
            references in a text stay references.
    """
    if isinstance(value, str):
        return _escaped_text(value) if "{" in value else value
    if isinstance(value, dict):
        return {escaped(key): escaped(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [escaped(inner) for inner in value]
    # A struct of jsii is a class that keeps its arguments in `_values`.
    arguments = getattr(value, "_values", None)
    if isinstance(arguments, dict):
        return type(value)(**escaped(arguments))
    return value


def _escaped_text(text: str) -> str:
    parts = []
    position = 0
    for token in _TOKEN.finditer(text):
        before = escape(text[position : token.start()])
        # A dollar sign before an interpolation would escape it.
        parts += [re.sub(r"\$+$", lambda signs: f'${{"{signs[0]}"}}', before), token[0]]
        position = token.end()
    return "".join([*parts, escape(text[position:])])


def escape(text: str) -> str:
    """Return the template whose value is `text`."""
    return text.replace("${", "$${").replace("%{", "%%{")


def unescape(template: str) -> str:
    """Return the value of a template without interpolations and directives."""
    return template.replace("$${", "${").replace("%%{", "%{")
