"""Verification of EventBridge rules and their targets: topics, queues, functions and log groups.

Source: EventBridge User Guide, "Using resource-based policies for Amazon EventBridge".
"""

from __future__ import annotations

from collections.abc import Iterator

from terraform.configuration import Configuration, Resource
from verify import functions, queues
from verify.callers import Service
from verify.faults import Fault, Finding
from verify.policies import why_refused
from verify.topics import Topics

_TARGETS = ("aws_sns_topic", "aws_sqs_queue", "aws_lambda_function", "aws_cloudwatch_log_group")
_LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")
_LOG_WRITERS = ("events.amazonaws.com", "delivery.logs.amazonaws.com")


class Events:
    """The rules of an environment and their targets."""

    def __init__(self, configuration: Configuration, topics: Topics) -> None:
        """Index the rules and targets of a configuration."""
        self._configuration = configuration
        self._topics = topics
        self.rules = configuration.of_type("aws_cloudwatch_event_rule")
        self._targets: dict[tuple[str, str], list[Resource]] = {}
        for resource in configuration.of_type("aws_cloudwatch_event_target"):
            self._targets.setdefault((_bus(resource), resource.text("rule")), []).append(resource)

    def faults(self) -> Iterator[Fault]:
        """Yield the broken links between the rules and their targets."""
        known = {(_bus(rule), rule.name) for rule in self.rules}
        for (bus, name), targets in self._targets.items():
            if (bus, name) not in known:
                fix = "use an aws_cloudwatch_event_rule of these stacks"
                message = f"rule {name} is not in these stacks: {fix}"
                yield from (Fault(f"event target {target.key}", "event rule", message) for target in targets)
        for rule in self.rules:
            yield from (finding.of(f"event rule {rule.name}") for finding in self._of_rule(rule))

    def topics_of(self, rule: Resource) -> list[Resource]:
        """Return the topics that a rule publishes to."""
        topics = [
            self._configuration.find(target.text("arn"), "aws_sns_topic") for target in self.targets(rule)
        ]
        return [topic for topic in topics if topic is not None]

    def targets(self, rule: Resource) -> list[Resource]:
        """Return the targets of a rule."""
        return self._targets.get((_bus(rule), rule.name), [])

    def _of_rule(self, rule: Resource) -> Iterator[Finding]:
        if rule.text("state") == "DISABLED" or rule.plain("is_enabled") is False:
            yield Finding("event rule", "is disabled: enable or remove it")
        targets = self.targets(rule)
        if not targets:
            yield Finding("event target", "has no target: add an aws_cloudwatch_event_target")
        for target in targets:
            yield from self._of_target(rule, target)

    def _of_target(self, rule: Resource, target: Resource) -> Iterator[Finding]:
        configuration, arn = self._configuration, target.text("arn")
        service = Service("events.amazonaws.com", rule.arn, configuration.account_id)
        if target.text("role_arn"):
            # The page above: with a role, delivery to encrypted targets may fail.
            message = f"target {target.key} has a role_arn: remove it and allow EventBridge in its policy"
            yield Finding("event target", message)
        letters = str(target.block("dead_letter_config").get("arn") or "")
        if letters:
            yield from queues.redriven(configuration, letters, f"target {target.key}", service)
        else:
            # EventBridge User Guide, "Using dead-letter queues to process undelivered events".
            message = (
                f"target {target.key} has no dead_letter_config, so undelivered events are lost: set one"
            )
            yield Finding("dead_letter_config", message)
        destination = configuration.find(arn, *_TARGETS)
        if destination is None:
            allowed = "a topic, queue, function or log group of these stacks"
            message = f"target {target.key}: {arn or '(no arn)'} is not supported: use {allowed}"
            yield Finding("event target", message)
        elif destination.type == "aws_sns_topic":
            # The page above, "Amazon SNS permissions": a Condition cannot be used there for EventBridge.
            yield from self._topics.publishable(destination, service._replace(sends_source=False))
            yield from self._topics.delivery(destination).findings
        elif destination.type == "aws_sqs_queue":
            yield from queues.sendable(configuration, destination, "queue", service)
        elif destination.type == "aws_lambda_function":
            yield from functions.invocable(configuration, destination, service)
            yield from self._topics.forwarded(destination).findings
        else:
            yield from self._writable(destination, service)

    def _writable(self, group: Resource, service: Service) -> Iterator[Finding]:
        """Yield why EventBridge cannot write to a log group."""
        policies = [
            resource.text("policy_document")
            for resource in self._configuration.of_type("aws_cloudwatch_log_resource_policy")
        ]
        missing = "" if policies else "there is no aws_cloudwatch_log_resource_policy"
        for writer in _LOG_WRITERS:
            requests = [
                service._replace(name=writer).request(action, f"{group.arn}:log-stream:any")
                for action in _LOG_ACTIONS
            ]
            reasons = {
                request.action: reason
                for request in requests
                if (reason := missing or why_refused(request, *policies))
            }
            if reasons:
                reason, actions = next(iter(reasons.values())), " and ".join(reasons)
                message = f"log group {group.name}: {reason}: allow {actions} on {group.name}:* for {writer}"
                yield Finding("log resource policy", message)


def _bus(resource: Resource) -> str:
    """Return the name of the event bus of a rule or target."""
    return resource.text("event_bus_name").rpartition("/")[2] or "default"
