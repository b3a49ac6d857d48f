"""Mark messages of other accounts, and alarms that name no account.

EventBridge may publish to the alarm topics on behalf of any account, and a text can have any content. A
message of another account is delivered with a mark and without links. Its key is not that of a problem of the
platform, so that it can neither join such a problem nor end it.

An alarm without ARN and account may be of this account or not: AWS's example of a log alarm's notification
has neither ("Log alarms", CloudWatch User Guide). It keeps its state and its words, and has no links.
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
    not trusted and the account is empty. An alarm that names no account (`names_no_account`) does not name
    another one.
    """
    own = topic_arn.split(":")[4]
    claims = [message["account"]] if "account" in message else []
    if is_alarm(message) and not names_no_account(message):
        arn = message.get("AlarmArn")
        parts = arn.split(":") if isinstance(arn, str) else []
        claims += [parts[4] if len(parts) > 4 else ""] if arn else []  # noqa: PLR2004 (arn:…:account:…)
        claims.append(message.get("AWSAccountId"))
    elif is_ecs_event(message):
        claims = [message.get("account")]
    other = [claim for claim in claims if claim != own]
    return one_line(other[0]) if other and isinstance(other[0], str) else ("" if other else None)


def names_no_account(message: Mapping[str, Any]) -> bool:
    """Return whether a message is an alarm without ARN and account."""
    return is_alarm(message) and not message.get("AlarmArn") and message.get("AWSAccountId") is None


def as_unnamed(notice: Notice) -> Notice:
    """Return the notice of an alarm that names no account: with its state and key, and without links."""
    origin = Fact("Origin", "the message names no account")
    return _without_links(dataclasses.replace(notice, facts=(origin, *notice.facts)))


def as_foreign(notice: Notice, account: str, topic_arn: str) -> Notice:
    """Return a notice with the mark, without links, and with a key of its own."""
    own = topic_arn.split(":")[4]
    claim = clip(_unlinked(account), 40)
    origin = f"account {claim}" if claim else "no account"
    unlinked = _without_links(notice)
    return dataclasses.replace(
        unlinked,
        state="EVENT" if notice.state in {"ALARM", "EVENT"} else "INFO",
        summary=f"{MARK}: {unlinked.summary}",
        sentence=f"This message is {MARK}. Its content ({notice.state}): {unlinked.sentence}",
        advice="Find out who sent it before you act on it.",
        facts=(
            Fact("Origin", f"{MARK}: the message names {origin}, its topic belongs to account {own}"),
            *unlinked.facts,
        ),
        key=problem_key("foreign", f"{MARK}/{notice.key}"),
        is_first_evaluation=False,
        is_end=False,
    )


def _without_links(notice: Notice) -> Notice:
    """Return a notice without links, and without words that a program converts to links."""
    return dataclasses.replace(
        notice,
        service=_unlinked(notice.service),
        summary=_unlinked(notice.summary),
        sentence=_unlinked(notice.sentence),
        advice=_unlinked(notice.advice),
        facts=tuple(Fact(_unlinked(fact.name), _unlinked(fact.value)) for fact in notice.facts),
        links=(),
        source=_unlinked(notice.source),
    )


def _unlinked(content: str) -> str:
    return _LINKED.sub(_REMOVED, content)
