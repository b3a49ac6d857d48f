"""The format of an alarm's description: the catalog writes it, the notifier and the verifier parse it.

    payment-handler in prod: too many invocations fail.
    Condition: > 5 % of invocations failed in 3 of 5 datapoints of 1 minute
    Look at: the recent errors on the dashboard, then a failed trace in X-Ray
    Service: payment-handler
    …

The first line is a sentence: subject, environment, and what is wrong. Each other line is a field.

Standard library only: the notifier's zip contains this module.
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
    """The parts of a description; each may be empty, because alarms are also created manually.

    Attributes:
        subject: Subject of the sentence, such as the service's name.
        environment: Name of the environment.
        summary: What is wrong, without numbers, and without a period at its end.
        condition: The numbers, such as "> 5 % of invocations failed in 10 minutes".
        look: Where to look first.
        causes: Of a composite: the short names of the alarms of which each makes the rule true.
        note: Further information; of a text in another form, everything after its first sentence.
        service: Name of the service in the configuration.
        owner: Owner of the service.
        log_group: Log group of the service.
        dashboard: Name of the dashboard.
        runbook: URL, or path in the repository.
    """

    subject: str = ""
    environment: str = ""
    summary: str = ""
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
        subject = f"{self.subject} in {self.environment}: " if self.subject else ""
        lines = [f"{subject}{self.summary}."]
        for field, title in _TITLES.items():
            value = getattr(self, field)
            if value:
                lines.append(f"{title}: {', '.join(value) if isinstance(value, tuple) else value}")
        return "\n".join(lines)

    @property
    def sentence(self) -> str:
        """The headline with the condition, as a sentence; empty without a summary."""
        if not self.summary:
            return ""
        condition = f" ({self.condition})" if self.condition else ""
        return f"{self.headline}{condition}."

    @property
    def headline(self) -> str:
        """The summary, after the subject if the alarm is not of a service."""
        return self.summary if self.service or not self.subject else f"{self.subject}: {self.summary}"

    @property
    def advice(self) -> str:
        """Where to look, the causes and the note."""
        causes = f"Possible causes: {', '.join(self.causes)}." if self.causes else ""
        look = f"Look at {self.look}." if self.look else ""
        return "\n".join(filter(None, (" ".join(filter(None, (look, causes))), self.note)))

    @property
    def unit(self) -> str:
        """The unit of values and threshold if it is a symbol, else empty."""
        words = self.condition.split(" ", 3)
        return words[2] if len(words) > 2 and words[2] in _UNITS else ""  # noqa: PLR2004 (sign, number, unit)


def read_description(text: object, *, environment: str = "") -> Description:
    """Parse a description; a value that is not a text (AWS sends null) gives an empty one.

    Of a repeated field the first counts. A line that is not a field is part of the note.

    Args:
        text: The description in CloudWatch.
        environment: Name of the environment, which separates the subject from the summary.
    """
    if not isinstance(text, str):
        return Description()
    values: dict[str, str] = {}
    other_lines = []
    for line in filter(None, map(str.strip, text.splitlines())):
        title, colon, value = line.partition(":")
        field = _FIELDS.get(title, "") if colon else ""
        if field and field not in values:
            values[field] = value.strip()
        else:
            other_lines.append(line)
    first, remainder = _first_sentence(other_lines)
    before, separator, summary = first.partition(f"{environment}: ") if environment else ("", "", "")
    subject = before.removesuffix(" in ")
    if not separator or (before and subject == before):
        subject, summary = "", first
    note = "\n".join(filter(None, [values.pop("note", ""), remainder]))
    causes = tuple(filter(None, values.pop("causes", "").split(", ")))
    return Description(
        subject=subject,
        environment=environment if separator and summary != first else "",
        summary=summary.rstrip(". "),
        causes=causes,
        note=note,
        **values,
    )


def _first_sentence(lines: list[str]) -> tuple[str, str]:
    """Return the first sentence and the remaining text; a line break also ends a sentence."""
    if not lines:
        return "", ""
    for end in (". ", "! ", "? "):
        first, separator, remainder = lines[0].partition(end)
        if separator:
            return first + end.strip(), "\n".join([remainder.strip(), *lines[1:]])
    return lines[0], "\n".join(lines[1:])
