"""A small environment as Terraform JSON, by hand: alarms, a notifier function, its topic, rules of events."""

from __future__ import annotations

import json
from typing import Any

REGION, ACCOUNT = "eu-west-1", "111122223333"
PROVIDER = {"aws": [{"region": REGION, "allowed_account_ids": [ACCOUNT]}]}
KEY = "${data.terraform_remote_state.security.outputs.kms_key_arn}"
LETTERS = '${jsonencode({"deadLetterTargetArn" = aws_sqs_queue.letters.arn})}'
USE = ["kms:Decrypt", "kms:GenerateDataKey*"]


def policy(*statements: dict[str, Any]) -> str:
    """Return a policy of statements that allow, unless they say otherwise."""
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in statements]}
    )


def service(name: str) -> dict[str, str]:
    """Return the principal that is an AWS service."""
    return {"Service": f"{name}.amazonaws.com"}


def queue(name: str, *topics: str, **more: Any) -> dict[str, Any]:
    """Return a queue that topics may send to."""
    return {
        "name": name,
        "kms_master_key_id": KEY,
        "policy": policy(
            {
                "Sid": "TopicsSend",
                "Principal": service("sns"),
                "Action": "sqs:SendMessage",
                "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}",
                "Condition": {
                    "ArnEquals": {"aws:SourceArn": [f"${{aws_sns_topic.{topic}.arn}}" for topic in topics]}
                },
            },
            {
                "Sid": "EventsSend",
                "Principal": service("events"),
                "Action": "sqs:SendMessage",
                "Resource": "*",
                "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/shop-*"}},
            },
        ),
        **more,
    }


def subscription(topic: str, protocol: str, endpoint: str) -> dict[str, Any]:
    """Return a subscription with dead letters."""
    arn = f"${{aws_sns_topic.{topic}.arn}}"
    return {"topic_arn": arn, "protocol": protocol, "endpoint": endpoint, "redrive_policy": LETTERS}


def alarm(name: str, *topics: str, **more: Any) -> dict[str, Any]:
    """Return an alarm on the notifier's errors."""
    return {
        "alarm_name": name,
        "namespace": "AWS/Lambda",
        "metric_name": "Errors",
        "dimensions": {"FunctionName": "${aws_lambda_function.notifier.function_name}"},
        "statistic": "Sum",
        "period": 60,
        "evaluation_periods": 5,
        "datapoints_to_alarm": 3,
        "comparison_operator": "GreaterThanThreshold",
        "threshold": 0,
        "alarm_actions": [f"${{aws_sns_topic.{topic}.arn}}" for topic in topics],
        **more,
    }


def stacks() -> dict[str, dict[str, Any]]:
    """Return the environment: everything is as it has to be."""
    return {"security": _security(), "compute": _compute(), "monitoring": _monitoring()}


def _security() -> dict[str, Any]:
    by_account = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    return {
        "provider": PROVIDER,
        "output": {"kms_key_arn": {"value": "${aws_kms_key.main.arn}"}},
        "resource": {
            "aws_kms_key": {
                "main": {
                    "policy": policy(
                        {"Sid": "Account", **by_account},
                        *(
                            {
                                "Sid": sid,
                                "Principal": service(name),
                                "Action": USE,
                                "Resource": "*",
                                "Condition": {
                                    "ArnLike": {key: f"arn:aws:{arn}:{REGION}:{ACCOUNT}:{what}shop-*"}
                                },
                            }
                            for sid, name, key, arn, what in (
                                ("Alarms", "cloudwatch", "aws:SourceArn", "cloudwatch", "alarm:"),
                                ("Topics", "sns", "aws:SourceArn", "sns", ""),
                                ("Events", "events", "kms:EncryptionContext:aws:sns:topicArn", "sns", ""),
                                ("EventsToQueues", "events", "kms:EncryptionContext:aws:sqs:arn", "sqs", ""),
                            )
                        ),
                    )
                }
            },
            "aws_kms_alias": {"main": {"name": "alias/shop", "target_key_id": "${aws_kms_key.main.key_id}"}},
        },
    }


def _compute() -> dict[str, Any]:
    return {
        "provider": PROVIDER,
        "output": {"cluster": {"value": "${aws_ecs_cluster.main.name}"}},
        "resource": {"aws_ecs_cluster": {"main": {"name": "shop-prod"}}},
    }


def _monitoring() -> dict[str, Any]:
    return {
        "provider": PROVIDER,
        "resource": {
            "aws_sns_topic": {
                "critical": {"name": "shop-critical-prod", "kms_master_key_id": KEY},
                "mail": {"name": "shop-mail-prod", "kms_master_key_id": "alias/shop"},
            },
            "aws_sns_topic_policy": {
                "critical": {
                    "arn": "${aws_sns_topic.critical.arn}",
                    "policy": policy(
                        {
                            "Sid": "Alarms",
                            "Principal": service("cloudwatch"),
                            "Action": "sns:Publish",
                            "Resource": "${aws_sns_topic.critical.arn}",
                            "Condition": {
                                "StringEquals": {"AWS:SourceAccount": ACCOUNT},
                                "ArnLike": {
                                    "aws:SourceArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:shop-*"
                                },
                            },
                        },
                        {
                            "Sid": "Events",
                            "Principal": service("events"),
                            "Action": "sns:Publish",
                            "Resource": "${aws_sns_topic.critical.arn}",
                        },
                    ),
                }
            },
            "aws_sns_topic_subscription": {
                "notifier": subscription("critical", "lambda", "${aws_lambda_function.notifier.arn}"),
                "queue": subscription("critical", "sqs", "${aws_sqs_queue.alarms.arn}"),
                "mail": subscription("mail", "email", "oncall@example.com"),
            },
            "aws_sqs_queue": {
                "alarms": queue("shop-alarms-prod", "critical", redrive_policy=LETTERS),
                "letters": queue("shop-letters-prod", "critical", "mail"),
            },
            **_notifier(),
            **_alarms(),
            **_events(),
        },
    }


def _notifier() -> dict[str, Any]:
    return {
        "aws_lambda_function": {
            "notifier": {
                "function_name": "shop-notifier-prod",
                "role": "${aws_iam_role.notifier.arn}",
                "environment": {"variables": {"MAIL_TOPIC": "${aws_sns_topic.mail.arn}", "STAGE": "prod"}},
            }
        },
        "aws_lambda_permission": {
            "notifier": {
                "function_name": "${aws_lambda_function.notifier.function_name}",
                "action": "lambda:InvokeFunction",
                "principal": "sns.amazonaws.com",
                "source_arn": "${aws_sns_topic.critical.arn}",
            }
        },
        "aws_lambda_function_event_invoke_config": {
            "notifier": {
                "function_name": "${aws_lambda_function.notifier.function_name}",
                "destination_config": {"on_failure": {"destination": "${aws_sqs_queue.letters.arn}"}},
            }
        },
        "aws_iam_role": {"notifier": {"name": "shop-notifier-prod"}},
        "aws_iam_role_policy": {
            "notifier": {
                "role": "${aws_iam_role.notifier.id}",
                "policy": policy(
                    {"Sid": "Mail", "Action": "sns:Publish", "Resource": "${aws_sns_topic.mail.arn}"},
                    {
                        "Sid": "Letters",
                        "Action": "sqs:SendMessage",
                        "Resource": "${aws_sqs_queue.letters.arn}",
                    },
                    {
                        "Sid": "Key",
                        "Action": USE,
                        "Resource": KEY,
                        "Condition": {
                            "StringEquals": {
                                "kms:ViaService": [
                                    f"{text}.{REGION}.amazonaws.com" for text in ("sns", "sqs")
                                ]
                            }
                        },
                    },
                ),
            }
        },
    }


def _alarms() -> dict[str, Any]:
    def composite(name: str, rule: str, *topics: str, **more: Any) -> dict[str, Any]:
        actions = [f"${{aws_sns_topic.{topic}.arn}}" for topic in topics]
        return {"alarm_name": name, "alarm_rule": rule, "alarm_actions": actions, **more}

    return {
        "aws_cloudwatch_metric_alarm": {
            "errors": alarm("shop-errors-prod"),
            "direct": alarm("shop-direct-prod", "critical"),
            "deploys": alarm("shop-deploys-prod"),
        },
        "aws_cloudwatch_composite_alarm": {
            "impact": composite(
                "shop-impact-prod", 'ALARM("${aws_cloudwatch_metric_alarm.errors.alarm_name}")'
            ),
            "wide": composite(
                "shop-wide-prod",
                "(ALARM(${aws_cloudwatch_composite_alarm.impact.arn}) OR FALSE)",
                "critical",
                actions_suppressor={
                    "alarm": "${aws_cloudwatch_composite_alarm.quiet.alarm_name}",
                    "wait_period": 60,
                    "extension_period": 60,
                },
            ),
            "quiet": composite("shop-quiet-prod", 'ALARM("shop-deploys-prod")'),
        },
    }


def _events() -> dict[str, Any]:
    return {
        "aws_cloudwatch_event_rule": {"tasks": {"name": "shop-tasks-prod", "event_pattern": "{}"}},
        "aws_cloudwatch_event_target": {
            "topic": {
                "rule": "${aws_cloudwatch_event_rule.tasks.name}",
                "arn": "${aws_sns_topic.critical.arn}",
                "dead_letter_config": {"arn": "${aws_sqs_queue.letters.arn}"},
            },
            "queue": {
                "rule": "${aws_cloudwatch_event_rule.tasks.name}",
                "arn": "${aws_sqs_queue.alarms.arn}",
                "dead_letter_config": {"arn": "${aws_sqs_queue.letters.arn}"},
            },
            "log": {
                "rule": "${aws_cloudwatch_event_rule.tasks.name}",
                "arn": "${aws_cloudwatch_log_group.tasks.arn}",
                "dead_letter_config": {"arn": "${aws_sqs_queue.letters.arn}"},
            },
        },
        "aws_cloudwatch_log_group": {"tasks": {"name": "/aws/events/shop-tasks-prod"}},
        "aws_cloudwatch_log_resource_policy": {
            "tasks": {
                "policy_document": policy(
                    {
                        "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
                        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                        "Resource": "${aws_cloudwatch_log_group.tasks.arn}:*",
                    }
                )
            }
        },
    }
