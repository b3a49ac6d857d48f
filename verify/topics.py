"""Verification of topics: who may publish to them, and whether every subscription delivers.

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
"""Protocols with nothing left to verify: the recipient is a person, or a system outside these stacks."""


class Delivery(NamedTuple):
    """Where a message to a topic is delivered."""

    endpoints: tuple[str, ...]
    """The queues, functions and addresses that receive it, each with its kind."""
    findings: tuple[Finding, ...]
    """The broken links."""


class Topics:
    """The topics of an environment; each is verified once, however many alarms notify it."""

    def __init__(self, configuration: Configuration) -> None:
        """Index the policies and subscriptions of a configuration."""
        self._configuration = configuration
        self._deliveries: dict[str, Delivery] = {}
        self._policies = {
            resource.text("arn"): resource.text("policy")
            for resource in configuration.of_type("aws_sns_topic_policy")
        }
        self._subscriptions: dict[str, list[Resource]] = {}
        for resource in configuration.of_type("aws_sns_topic_subscription"):
            self._subscriptions.setdefault(resource.text("topic_arn"), []).append(resource)

    def named(self, arn: str) -> Resource | Finding:
        """Return the topic with an action's ARN, or the finding that there is none in these stacks."""
        topic = self._configuration.find(arn, "aws_sns_topic")
        if topic is not None:
            return topic
        account, region = account_and_region(arn)
        if not is_known(arn):
            problem = "cannot be computed from the configuration"
        elif not arn.startswith("arn:aws:sns:"):
            problem = "is not an SNS topic, and other targets are not verified"
        elif (account, region) != (self._configuration.account_id, self._configuration.region):
            problem = "is in another account or region"
        else:
            problem = "is not a topic of these stacks"
        return Finding("action", f"action {arn} {problem}: use an aws_sns_topic of these stacks")

    def publishable(self, topic: Resource, service: Service) -> Iterator[Finding]:
        """Yield why a service cannot publish to a topic: its policy and its key."""
        policy = self.policy_of(topic)
        request = service.request("sns:Publish", topic.arn)
        reason = why_refused(request, policy) if policy else "it has no aws_sns_topic_policy"
        if reason:
            message = f"topic {topic.name}: {reason}: allow sns:Publish for {service.needs}"
            yield Finding("topic policy", message)
        yield from keys.usable(self._configuration, topic, "topic", service)

    def policy_of(self, topic: Resource) -> str:
        """Return a topic's policy; empty if it has none."""
        return self._policies.get(topic.arn) or topic.text("policy")

    def delivery(self, topic: Resource) -> Delivery:
        """Return where a message to a topic is delivered, and which links are broken."""
        if topic.arn not in self._deliveries:
            # A function may publish to the topic that invokes it: the cycle adds no further endpoints.
            self._deliveries[topic.arn] = Delivery((), ())
            self._deliveries[topic.arn] = self._of_topic(topic)
        return self._deliveries[topic.arn]

    def _of_topic(self, topic: Resource) -> Delivery:
        findings: list[Finding] = []
        endpoints: dict[str, None] = {}
        subscriptions = self._subscriptions.get(topic.arn, [])
        if not subscriptions:
            findings.append(Finding("subscription", f"topic {topic.name} has no subscriptions: add one"))
        for subscription in subscriptions:
            delivery = self._of_subscription(topic, subscription)
            findings += delivery.findings
            endpoints |= dict.fromkeys(delivery.endpoints)
        if subscriptions and not endpoints:
            message = f"no subscription of topic {topic.name} delivers: add a queue, function or address"
            findings.append(Finding("endpoint", message))
        return Delivery(tuple(endpoints), tuple(dict.fromkeys(findings)))

    def _of_subscription(self, topic: Resource, subscription: Resource) -> Delivery:
        """Return where one subscription delivers."""
        sns = Service("sns.amazonaws.com", topic.arn, self._configuration.account_id)
        protocol, endpoint = subscription.text("protocol"), subscription.text("endpoint")
        label = f"{protocol} subscription {endpoint or '(no endpoint)'} to topic {topic.name}"
        letters = queues.target_of(subscription.text("redrive_policy"))
        findings = list(queues.redriven(self._configuration, letters, label, sns))
        if subscription.body.get("filter_policy"):
            message = f"{label} has a filter_policy, whose effect is not verified: remove it"
            return Delivery((), (*findings, Finding("subscription", message)))
        if not endpoint:
            return Delivery((), (*findings, Finding("endpoint", f"{label}: set an endpoint")))
        if protocol in PEOPLE:
            shown = endpoint.partition("://")[2] or endpoint
            return Delivery((f"{protocol} {shown}",), tuple(findings))
        if protocol == "sqs":
            return self._of_queue(endpoint, label, sns, findings)
        if protocol == "lambda":
            return self._of_function(endpoint, label, sns, findings)
        allowed = f"sqs, lambda, {', '.join(PEOPLE)}"
        message = f"{label}: the protocol {protocol} is not supported; allowed: {allowed}"
        return Delivery((), (*findings, Finding("endpoint", message)))

    def _of_queue(self, arn: str, label: str, sns: Service, findings: list[Finding]) -> Delivery:
        queue = self._configuration.find(arn, "aws_sqs_queue")
        if queue is None:
            message = f"{label}: the endpoint is not a queue of these stacks"
            finding = Finding("endpoint", f"{message}: use an aws_sqs_queue of these stacks")
            return Delivery((), (*findings, finding))
        findings += queues.sendable(self._configuration, queue, "queue", sns)
        findings += queues.dead_letters(self._configuration, queue)
        return Delivery((f"queue {queue.name}",), tuple(findings))

    def _of_function(self, arn: str, label: str, sns: Service, findings: list[Finding]) -> Delivery:
        configuration = self._configuration
        function = configuration.find(arn, "aws_lambda_function")
        if function is None:
            message = f"{label}: the endpoint is not a function of these stacks"
            finding = Finding("endpoint", f"{message}: use an aws_lambda_function of these stacks")
            return Delivery((), (*findings, finding))
        findings += functions.invocable(configuration, function, sns)
        forwarded = self.forwarded(function)
        endpoints = (f"function {function.name}", *forwarded.endpoints)
        return Delivery(endpoints, (*findings, *forwarded.findings))

    def forwarded(self, function: Resource) -> Delivery:
        """Return where a function forwards notifications: to the topics in its environment variables."""
        configuration = self._configuration
        findings = list(functions.failing_safely(configuration, function))
        endpoints: list[str] = []
        role = functions.role_of(configuration, function)
        if role is None:
            arn = function.text("role") or "(no role)"
            message = f"function {function.name}: role {arn} is not a role of these stacks"
            findings.append(Finding("function role", f"{message}: use an aws_iam_role of these stacks"))
        for variable, topic in functions.topics_of(configuration, function):
            if topic is None:
                message = (
                    f"variable {variable} of function {function.name} contains a topic that is not in these "
                    "stacks: use an aws_sns_topic of these stacks"
                )
                findings.append(Finding("function topic", message))
                continue
            if role is not None:
                findings += roles.sending(configuration, role, topic, "topic", self.policy_of(topic))
            delivery = self.delivery(topic)
            # The code of the function selects the topics of each notification.
            endpoints += (f"via {function.name}: {endpoint}" for endpoint in delivery.endpoints)
            findings += delivery.findings
        return Delivery(tuple(endpoints), tuple(findings))
