"""From EventBridge rules to their targets: topics, queues, functions and log groups.

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
        """Take the stacks and their topics."""
        self._configuration = configuration
        self._topics = topics
        self.rules = configuration.of_type("aws_cloudwatch_event_rule")
        self._targets: dict[tuple[str, str], list[Resource]] = {}
        for resource in configuration.of_type("aws_cloudwatch_event_target"):
            self._targets.setdefault((_bus(resource), resource.text("rule")), []).append(resource)

    def faults(self) -> Iterator[Fault]:
        """Yield what is broken between the rules and their targets."""
        known = {(_bus(rule), rule.name) for rule in self.rules}
        for at, targets in self._targets.items():
            if at not in known:
                says = f"is of rule {at[1]}, which is none of these stacks: name an aws_cloudwatch_event_rule"
                yield from (Fault(f"event target {target.key}", "event rule", says) for target in targets)
        for rule in self.rules:
            yield from (pair.of(f"event rule {rule.name}") for pair in self._of_rule(rule))

    def topics_of(self, rule: Resource) -> list[Resource]:
        """Return the topics that a rule publishes to."""
        found = [
            self._configuration.find(target.text("arn"), "aws_sns_topic") for target in self.targets(rule)
        ]
        return [resource for resource in found if resource is not None]

    def targets(self, rule: Resource) -> list[Resource]:
        """Return the targets of a rule."""
        return self._targets.get((_bus(rule), rule.name), [])

    def _of_rule(self, rule: Resource) -> Iterator[Finding]:
        if rule.text("state") == "DISABLED" or rule.plain("is_enabled") is False:
            yield Finding("event rule", "is disabled: enable it, or take it away")
        targets = self.targets(rule)
        if not targets:
            yield Finding("event target", "has no target: add an aws_cloudwatch_event_target")
        for target in targets:
            yield from self._of_target(rule, target)

    def _of_target(self, rule: Resource, target: Resource) -> Iterator[Finding]:
        configuration, arn = self._configuration, target.text("arn")
        service = Service("events.amazonaws.com", rule.arn, configuration.account_id)
        if target.text("role_arn"):
            # The page above: with a role, delivery to what is encrypted may fail.
            says = f"target {target.key} has a role_arn: take it away, its own policy lets EventBridge in"
            yield Finding("event target", says)
        letters = str(target.block("dead_letter_config").get("arn") or "")
        if letters:
            yield from queues.redriven(configuration, letters, f"target {target.key}", service)
        found = configuration.find(arn, *_TARGETS)
        if found is None:
            says = f"target {target.key} is {arn or 'nothing'}, and where that leads is not read here"
            yield Finding(
                "event target", f"{says}: name a topic, queue, function or log group of these stacks"
            )
        elif found.type == "aws_sns_topic":
            # The page above, "Amazon SNS permissions": no Condition can be used there for EventBridge.
            yield from self._topics.publishable(found, service._replace(says_source=False))
            yield from self._topics.reach(found).findings
        elif found.type == "aws_sqs_queue":
            yield from queues.sendable(configuration, found, "queue", service)
        elif found.type == "aws_lambda_function":
            yield from functions.invocable(configuration, found, service)
            yield from self._topics.passed_on(found).findings
        else:
            yield from self._writable(found, service)

    def _writable(self, group: Resource, service: Service) -> Iterator[Finding]:
        """Yield what keeps EventBridge from writing to a log group."""
        policies = [
            resource.text("policy_document")
            for resource in self._configuration.of_type("aws_cloudwatch_log_resource_policy")
        ]
        none = "" if policies else "there is no aws_cloudwatch_log_resource_policy"
        for writer in _LOG_WRITERS:
            requests = [
                service._replace(name=writer).asks(action, f"{group.arn}:log-stream:any")
                for action in _LOG_ACTIONS
            ]
            whys = {
                request.action: why
                for request in requests
                if (why := none or why_refused(request, *policies))
            }
            if whys:
                why = next(iter(whys.values()))
                says = (
                    f"log group {group.name}: {why}: allow {' and '.join(whys)} on {group.name}:* to {writer}"
                )
                yield Finding("log resource policy", says)


def _bus(resource: Resource) -> str:
    """Return the name of the event bus of a rule or target."""
    return resource.text("event_bus_name").rpartition("/")[2] or "default"
