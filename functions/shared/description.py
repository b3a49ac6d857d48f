"""The description of an alarm: one format, written by the catalog, and read by the notifier and the verifier.

    payment-handler in prod: too many of its invocations fail.
    Condition: > 5 % of the invocations in 3 of 5 datapoints of 1 minute
    Look at: the recent errors on the dashboard, then one failed trace in X-Ray
    Service: payment-handler
    …

The first line is a sentence: subject, environment, and what is wrong. Each other line is a field. A person
needs no tool to read it, and a program no grammar.

Standard library only: the notifier's zip carries this module.
"""

from __future__ import annotations

from dataclasses import dataclass

_TITLES = {
    "condition": "Condition",
    "look": "Look at",
    "causes": "Any of",
    "note": "Note",
    "service": "Service",
    "owner": "Owner",
    "log_group": "Log group",
    "dashboard": "Dashboard",
    "runbook": "Runbook",
}
"""Field -> its title, in the order of the lines."""
_FIELDS = {title: field for field, title in _TITLES.items()}
_UNITS = ("%", "ms")


@dataclass(frozen=True)
class Description:
    """A description in its parts; each may be empty, since people write alarms too.

    Attributes:
        subject: What it is about, such as the service's name.
        environment: The environment.
        what: What is wrong, without numbers, and without a period at its end.
        condition: The numbers, such as "> 5 % of the invocations in 10 minutes".
        look: Where to look first.
        causes: For a composite: the short names of the alarms of which each is enough.
        note: What else a person should know; of a text in another form, all but its first sentence.
        service: Name of the service in the configuration.
        owner: Whom to ask.
        log_group: Log group of the service.
        dashboard: Name of the dashboard.
        runbook: URL, or path in the repository.
    """

    subject: str = ""
    environment: str = ""
    what: str = ""
    condition: str = ""
    look: str = ""
    causes: tuple[str, ...] = ()
    note: str = ""
    service: str = ""
    owner: str = ""
    log_group: str = ""
    dashboard: str = ""
    runbook: str = ""

    @property
    def text(self) -> str:
        """The description as CloudWatch holds it."""
        place = f"{self.subject} in {self.environment}: " if self.subject else ""
        lines = [f"{place}{self.what}."]
        for field, title in _TITLES.items():
            value = getattr(self, field)
            if value:
                lines.append(f"{title}: {', '.join(value) if isinstance(value, tuple) else value}")
        return "\n".join(lines)

    @property
    def sentence(self) -> str:
        """What is wrong, with the numbers, and with the subject where that is no service; or nothing."""
        if not self.what:
            return ""
        numbers = f" ({self.condition})" if self.condition else ""
        return f"{self.headline}{numbers}."

    @property
    def headline(self) -> str:
        """What is wrong, without numbers; with the subject where that is no service."""
        return self.what if self.service or not self.subject else f"{self.subject}: {self.what}"

    @property
    def advice(self) -> str:
        """Where to look, and what else a person should know."""
        causes = f"Any of: {', '.join(self.causes)}." if self.causes else ""
        look = f"Look at {self.look}." if self.look else ""
        return "\n".join(filter(None, (" ".join(filter(None, (look, causes))), self.note)))

    @property
    def unit(self) -> str:
        """The unit of values and threshold, where it can be written behind them; else empty."""
        words = self.condition.split(" ", 3)
        return words[2] if len(words) > 2 and words[2] in _UNITS else ""  # noqa: PLR2004 (sign, number, unit)


def read_description(text: object, *, environment: str = "") -> Description:
    """Return the parts of a description; anything but a text (AWS sends null for none) has none.

    A field that is there twice counts once; a line that is no field is part of the note.

    Args:
        text: What CloudWatch holds.
        environment: The environment, by which the subject is told from what is wrong.
    """
    if not isinstance(text, str):
        return Description()
    values: dict[str, str] = {}
    words = []
    for line in filter(None, map(str.strip, text.splitlines())):
        title, colon, value = line.partition(":")
        field = _FIELDS.get(title, "") if colon else ""
        if field and field not in values:
            values[field] = value.strip()
        else:
            words.append(line)
    first, rest = _first_sentence(words)
    before, here, what = first.partition(f"{environment}: ") if environment else ("", "", "")
    subject = before.removesuffix(" in ")
    if not here or (before and subject == before):
        subject, what = "", first
    note = "\n".join(filter(None, [values.pop("note", ""), rest]))
    causes = tuple(filter(None, values.pop("causes", "").split(", ")))
    return Description(
        subject=subject,
        environment=environment if here and what != first else "",
        what=what.rstrip(". "),
        causes=causes,
        note=note,
        **values,
    )


def _first_sentence(lines: list[str]) -> tuple[str, str]:
    """Return the first sentence and the rest; a line break ends a sentence, too."""
    if not lines:
        return "", ""
    for end in (". ", "! ", "? "):
        first, found, rest = lines[0].partition(end)
        if found:
            return first + end.strip(), "\n".join([rest.strip(), *lines[1:]])
    return lines[0], "\n".join(lines[1:])
