"""Mark messages of other accounts.

EventBridge may publish to the alarm topics on behalf of any account, and a text can have any content. Such a
message is delivered with a mark and without links. Its key is not that of a problem of the platform, so that
it can neither join such a problem nor end it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from functions.notifier.alarms import is_alarm
from functions.notifier.ecs_events import is_ecs_event
from functions.notifier.notice import Fact, Notice
from functions.notifier.problem_key import problem_key
from functions.notifier.wording import clip, one_line

MARK = "not from this account"
_REMOVED = "[link removed]"
# Mail programs and Slack convert these to links: URLs, addresses, and words that look like a host name.
_LINKED = re.compile(r"\S*(?:://|mailto:|[\w-]\.[^\W\d_]{2})\S*", re.IGNORECASE)


def foreign_account(message: Mapping[str, Any], topic_arn: str) -> str | None:
    """Return the account in a message if it is not the topic's account, else None.

    An alarm's notification has the account twice, an event once. If one of these is missing, the message is
    not trusted and the account is empty. An alarm without ARN and account claims none: its key is never that
    of an alarm of the platform.
    """
    own = topic_arn.split(":")[4]
    claims = [message["account"]] if "account" in message else []
    if is_alarm(message):
        arn = message.get("AlarmArn")
        parts = arn.split(":") if isinstance(arn, str) else []
        claims = [parts[4] if len(parts) > 4 else "", message.get("AWSAccountId")]  # noqa: PLR2004 (arn:…:account:…)
        if not arn:
            claims = claims[1:] if claims[1] is not None else []
    elif is_ecs_event(message):
        claims = [message.get("account")]
    other = [claim for claim in claims if claim != own]
    return one_line(other[0]) if other and isinstance(other[0], str) else ("" if other else None)


def as_foreign(notice: Notice, account: str, topic_arn: str) -> Notice:
    """Return a notice with the mark, without links, and with a key of its own."""
    own = topic_arn.split(":")[4]
    claim = clip(_unlinked(account), 40)
    origin = f"account {claim}" if claim else "no account"
    return dataclasses.replace(
        notice,
        state="EVENT" if notice.state in {"ALARM", "EVENT"} else "INFO",
        service=_unlinked(notice.service),
        summary=f"{MARK}: {_unlinked(notice.summary)}",
        sentence=f"This message is {MARK}. Its content ({notice.state}): {_unlinked(notice.sentence)}",
        advice="Find out who sent it before you act on it.",
        facts=(
            Fact("Origin", f"{MARK}: the message names {origin}, its topic belongs to account {own}"),
            *(Fact(_unlinked(fact.name), _unlinked(fact.value)) for fact in notice.facts),
        ),
        links=(),
        key=problem_key("foreign", f"{MARK}/{notice.key}"),
        source=_unlinked(notice.source),
        is_first_evaluation=False,
        is_end=False,
    )


def _unlinked(content: str) -> str:
    return _LINKED.sub(_REMOVED, content)
