"""Messages that speak of another account than the one whose topic they came through.

EventBridge may publish to the topics of the alarms, whoever told it to, and a text can say anything. Such a
message is delivered, since nothing is dropped, but as what it is: nobody is led to a page that a stranger
chose, and it neither hides in a problem of ours nor ends one.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from functions.notifier.alarms import is_alarm
from functions.notifier.ecs_events import is_ecs_event
from functions.notifier.fields import text
from functions.notifier.notice import Fact, Notice
from functions.notifier.problem_key import problem_key
from functions.notifier.wording import clip, one_line

MARK = "not from this account"
_REMOVED = "[link removed]"
# What mail programs and Slack make a link of by themselves: an address, or what looks like a host's name.
_LINKED = re.compile(r"\S*(?:://|mailto:|[\w-]\.[^\W\d_]{2})\S*", re.IGNORECASE)


def foreign_account(message: Mapping[str, Any], topic_arn: str) -> str | None:
    """Return the account that a message claims, if that is another than the topic's; else None.

    An alarm's notification has it twice, an event once; where it is missing from these, nobody can tell, and
    the claim is empty.
    """
    ours = topic_arn.split(":")[4]
    claims = [message["account"]] if "account" in message else []
    if is_alarm(message):
        parts = text(message, "AlarmArn").split(":")
        claims = [parts[4] if len(parts) > 4 else "", message.get("AWSAccountId")]  # noqa: PLR2004 (arn:…:account:…)
    elif is_ecs_event(message):
        claims = [message.get("account")]
    other = [claim for claim in claims if claim != ours]
    return one_line(other[0]) if other and isinstance(other[0], str) else ("" if other else None)


def as_foreign(notice: Notice, account: str, topic_arn: str) -> Notice:
    """Return a notice with its mark, without links, and with a key that is no problem of ours."""
    ours = topic_arn.split(":")[4]
    claim = clip(_unlinked(account), 40) or "nothing"
    return dataclasses.replace(
        notice,
        state="EVENT" if notice.state in {"ALARM", "EVENT"} else "INFO",
        service=_unlinked(notice.service),
        what=f"{MARK}: {_unlinked(notice.what)}",
        sentence=f"This message is {MARK}. It says ({notice.state}): {_unlinked(notice.sentence)}",
        advice="Find out who sent it before you follow it.",
        facts=(
            Fact("Origin", f"{MARK}: the message says {claim}, its topic belongs to {ours}"),
            *(Fact(_unlinked(fact.name), _unlinked(fact.value)) for fact in notice.facts),
        ),
        links=(),
        key=problem_key("foreign", f"{MARK}/{notice.key}"),
        source=_unlinked(notice.source),
        is_first_look=False,
        is_end=False,
    )


def _unlinked(words: str) -> str:
    return _LINKED.sub(_REMOVED, words)
