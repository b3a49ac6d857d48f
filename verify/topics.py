"""From a topic to people: who may publish to it, and everyone whom a message in it reaches.

Source: SNS Developer Guide, "Message delivery status", "Amazon SNS dead-letter queues", "Message
filtering".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from terraform.configuration import Configuration, Resource
from terraform.expressions import is_known
from verify import functions, keys, queues, roles
from verify.arns import account_and_region
from verify.callers import Service
from verify.faults import Finding
from verify.policies import why_refused

PEOPLE: Final = ("email", "email-json", "sms", "http", "https")
"""Protocols behind which nothing is left to check: a person, or a system that is not ours."""


class Reach(NamedTuple):
    """Where a message in a topic goes."""

    endpoints: tuple[str, ...]
    """The queues, functions and addresses it reaches, each with its kind."""
    findings: tuple[Finding, ...]
    """What is broken on the way."""


class Topics:
    """The topics of an environment; each is walked once, however many alarms notify it."""

    def __init__(self, configuration: Configuration) -> None:
        """Take the stacks."""
        self._configuration = configuration
        self._reach: dict[str, Reach] = {}
        self._policies = {
            resource.text("arn"): resource.text("policy")
            for resource in configuration.of_type("aws_sns_topic_policy")
        }
        self._subscriptions: dict[str, list[Resource]] = {}
        for resource in configuration.of_type("aws_sns_topic_subscription"):
            self._subscriptions.setdefault(resource.text("topic_arn"), []).append(resource)

    def named(self, arn: str) -> Resource | Finding:
        """Return the topic that an action names, or why there is none."""
        topic = self._configuration.find(arn, "aws_sns_topic")
        if topic is not None:
            return topic
        account, region = account_and_region(arn)
        if not is_known(arn):
            why = "which cannot be computed from the configuration"
        elif not arn.startswith("arn:aws:sns:"):
            why = "which is no SNS topic: where it leads is not read here"
        elif (account, region) != (self._configuration.account_id, self._configuration.region):
            why = "which is in another account or region"
        else:
            why = "which is no topic of these stacks"
        return Finding("action", f"notifies {arn}, {why}: name an aws_sns_topic of them")

    def publishable(self, topic: Resource, service: Service) -> Iterator[Finding]:
        """Yield what keeps a service from publishing to a topic: its policy and its key."""
        policy = self.policy_of(topic)
        request = service.asks("sns:Publish", topic.arn)
        refused = why_refused(request, policy) if policy else "it has no aws_sns_topic_policy"
        if refused:
            yield Finding(
                "topic policy", f"topic {topic.name}: {refused}: allow sns:Publish to {service.needs}"
            )
        yield from keys.usable(self._configuration, topic, "topic", service)

    def policy_of(self, topic: Resource) -> str:
        """Return a topic's policy; empty if it has none."""
        return self._policies.get(topic.arn) or topic.text("policy")

    def reach(self, topic: Resource) -> Reach:
        """Return where a message in a topic goes, and what is broken on the way."""
        if topic.arn not in self._reach:
            # A function may publish to the topic that invokes it: what is being walked adds nothing again.
            self._reach[topic.arn] = Reach((), ())
            self._reach[topic.arn] = self._walked(topic)
        return self._reach[topic.arn]

    def _walked(self, topic: Resource) -> Reach:
        findings: list[Finding] = []
        endpoints: dict[str, None] = {}
        subscriptions = self._subscriptions.get(topic.arn, [])
        if not subscriptions:
            findings.append(Finding("subscription", f"topic {topic.name} has no subscriptions: add one"))
        for subscription in subscriptions:
            reached = self._subscribed(topic, subscription)
            findings += reached.findings
            endpoints |= dict.fromkeys(reached.endpoints)
        if subscriptions and not endpoints:
            says = f"topic {topic.name} reaches nobody: no queue, function or person is behind it"
            findings.append(Finding("endpoint", says))
        return Reach(tuple(endpoints), tuple(dict.fromkeys(findings)))

    def _subscribed(self, topic: Resource, subscription: Resource) -> Reach:
        """Return where one subscription leads."""
        sns = Service("sns.amazonaws.com", topic.arn, self._configuration.account_id)
        protocol, endpoint = subscription.text("protocol"), subscription.text("endpoint")
        whose = f"subscription of {protocol} {endpoint or 'nothing'} to topic {topic.name}"
        letters = queues.target_of(subscription.text("redrive_policy"))
        findings = list(queues.redriven(self._configuration, letters, whose, sns))
        if subscription.body.get("filter_policy"):
            says = f"{whose} has a filter_policy, and what it lets through is not read here: take it away"
            return Reach((), (*findings, Finding("subscription", says)))
        if not endpoint:
            says = f"{whose} has no endpoint: give it one"
            return Reach((), (*findings, Finding("endpoint", says)))
        if protocol in PEOPLE:
            shown = endpoint.partition("://")[2] or endpoint
            return Reach((f"{protocol} {shown}",), tuple(findings))
        if protocol == "sqs":
            return self._queue(endpoint, whose, sns, findings)
        if protocol == "lambda":
            return self._function(endpoint, whose, sns, findings)
        says = f"{whose}: where {protocol} leads is not read here: use sqs, lambda or {', '.join(PEOPLE)}"
        return Reach((), (*findings, Finding("endpoint", says)))

    def _queue(self, arn: str, whose: str, sns: Service, findings: list[Finding]) -> Reach:
        queue = self._configuration.find(arn, "aws_sqs_queue")
        if queue is None:
            says = f"{whose} leads to no queue of these stacks: name an aws_sqs_queue of them"
            return Reach((), (*findings, Finding("endpoint", says)))
        findings += queues.sendable(self._configuration, queue, "queue", sns)
        findings += queues.kept(self._configuration, queue)
        return Reach((f"queue {queue.name}",), tuple(findings))

    def _function(self, arn: str, whose: str, sns: Service, findings: list[Finding]) -> Reach:
        configuration = self._configuration
        function = configuration.find(arn, "aws_lambda_function")
        if function is None:
            says = f"{whose} leads to no function of these stacks: name an aws_lambda_function of them"
            return Reach((), (*findings, Finding("endpoint", says)))
        findings += functions.invocable(configuration, function, sns)
        passed_on = self.passed_on(function)
        return Reach((f"function {function.name}", *passed_on.endpoints), (*findings, *passed_on.findings))

    def passed_on(self, function: Resource) -> Reach:
        """Return where a function passes notifications on, by the topics that its variables name."""
        configuration = self._configuration
        findings = list(functions.failing_safely(configuration, function))
        endpoints: list[str] = []
        role = functions.role_of(configuration, function)
        if role is None:
            says = f"function {function.name} has the role {function.text('role') or 'none'}"
            findings.append(
                Finding("function role", f"{says}, which is none of these stacks: name one of them")
            )
        for variable, topic in functions.topics_of(configuration, function):
            if topic is None:
                says = f"variable {variable} of function {function.name} names a topic that is none of these"
                findings.append(Finding("function topic", f"{says} stacks: name an aws_sns_topic of them"))
                continue
            if role is not None:
                findings += roles.sending(configuration, role, topic, "topic", self.policy_of(topic))
            reached = self.reach(topic)
            # Which of its topics it chooses for which notification is in its code.
            endpoints += (f"via {function.name}: {endpoint}" for endpoint in reached.endpoints)
            findings += reached.findings
        return Reach(tuple(endpoints), tuple(findings))
