"""An event of every source that invokes Lambda functions, with the keys by which the sources differ.

Structure: "Invoking Lambda functions with events from other services" in the Lambda Developer Guide and the
pages that it links to; authorizers, WebSocket APIs: API Gateway Developer Guide; destinations: "Capturing records
of Lambda asynchronous invocations", Lambda Developer Guide. Values are invented.
"""
# ruff: noqa: E501 (one event per line)

from __future__ import annotations

import json
from typing import Any

PAYMENT = {
    "amount_minor": 1999,
    "currency": "EUR",
    "payment_token": "tok_approved",
    "idempotency_key": "basket-7f1c2e9a-attempt",
}
_BODY = json.dumps(PAYMENT)
_ARN = "arn:aws:{}:eu-west-1:111122223333:{}"


def _records(source: str, **keys: Any) -> dict[str, Any]:
    return {"Records": [{"eventSource": source, "awsRegion": "eu-west-1", **keys}]}


def _rest(**keys: Any) -> dict[str, Any]:
    return {
        "resource": "/payments",
        "path": "/payments",
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json"},
        "requestContext": {"requestId": "c6af9ac6", "stage": "prod", "apiId": "a1b2c3"},
        "body": _BODY,
        "isBase64Encoded": False,
        **keys,
    }


def _http(domain: str, **keys: Any) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/payments",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "requestId": "d81f",
            "domainName": domain,
            "http": {"method": "POST", "path": "/payments"},
        },
        "body": _BODY,
        "isBase64Encoded": False,
        **keys,
    }


def _event(source: str, kind: str, detail: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "53dc4d37",
        "detail-type": kind,
        "source": source,
        "account": "111122223333",
        "time": "2026-11-22T02:43:12Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": detail,
    }


AWS_EVENTS: dict[str, Any] = {
    "SQS": _records(
        "aws:sqs",
        messageId="059f36b4-87a3-44ab-83d2-661975830a7d",
        receiptHandle="AQEB",
        body=_BODY,
        attributes={"ApproximateReceiveCount": "1", "SentTimestamp": "1790000000000"},
        messageAttributes={},
        md5OfBody="e4e6",
        eventSourceARN=_ARN.format("sqs", "orders"),
    ),
    "SNS": {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": _ARN.format("sns", "orders:21be"),
                "Sns": {
                    "Type": "Notification",
                    "MessageId": "95df01b4",
                    "TopicArn": _ARN.format("sns", "orders"),
                    "Message": _BODY,
                    "Timestamp": "2026-11-22T02:43:12.471Z",
                    "MessageAttributes": {},
                },
            }
        ]
    },
    "EventBridge rule": _event("my.shop", "Order placed", PAYMENT),
    "EventBridge schedule rule": _event("aws.events", "Scheduled Event", {}),
    "EventBridge Scheduler": _event("aws.scheduler", "Scheduled Event", "{}"),
    "Kinesis": _records(
        "aws:kinesis", kinesis={"data": "e30=", "sequenceNumber": "1"}, eventID="shardId-0:1"
    ),
    "DynamoDB stream": _records("aws:dynamodb", dynamodb={"Keys": {"id": {"S": "1"}}}, eventName="INSERT"),
    "S3": _records(
        "aws:s3", s3={"bucket": {"name": "b"}, "object": {"key": "k"}}, eventName="ObjectCreated:Put"
    ),
    "S3 Object Lambda": {"xAmzRequestId": "1", "getObjectContext": {"inputS3Url": "u"}, "userRequest": {}},
    "S3 Batch Operations": {"invocationSchemaVersion": "1.0", "job": {"id": "j"}, "tasks": [{"taskId": "t"}]},
    "SES": _records("aws:ses", ses={"mail": {"messageId": "m"}, "receipt": {}}),
    "CodeCommit": _records("aws:codecommit", codecommit={"references": []}, userIdentityARN="a"),
    "CodePipeline": {"CodePipeline.job": {"id": "j", "accountId": "111122223333", "data": {}}},
    "CloudFront": {"Records": [{"cf": {"config": {"distributionId": "d"}, "request": {"method": "POST"}}}]},
    "CloudWatch Logs": {"awslogs": {"data": "H4sIAAAA"}},
    "CloudWatch alarm": {
        "source": "aws.cloudwatch",
        "alarmArn": _ARN.format("cloudwatch", "alarm:a"),
        "accountId": "111122223333",
        "alarmData": {"alarmName": "a", "state": {"value": "ALARM"}},
    },
    "CloudFormation": {
        "RequestType": "Create",
        "ResponseURL": "https://example.com",
        "ResourceProperties": {},
    },
    "Cognito": {
        "version": "1",
        "triggerSource": "PreSignUp_SignUp",
        "userPoolId": "p",
        "request": {},
        "response": {},
    },
    "Config": {"invokingEvent": "{}", "configRuleName": "r", "resultToken": "t", "accountId": "111122223333"},
    "Firehose": {
        "invocationId": "i",
        "deliveryStreamArn": _ARN.format("firehose", "deliverystream/d"),
        "records": [{"recordId": "1", "data": "e30="}],
    },
    "Kafka": {
        "eventSource": "aws:kafka",
        "bootstrapServers": "b:9092",
        "records": {"orders-0": [{"topic": "orders", "partition": 0, "offset": 1, "value": "e30="}]},
    },
    "Kafka, self-managed": {"eventSource": "SelfManagedKafka", "records": {"orders-0": [{"value": "e30="}]}},
    "ActiveMQ": {"eventSource": "aws:mq", "messages": [{"messageID": "1", "data": "e30="}]},
    "RabbitMQ": {"eventSource": "aws:rmq", "rmqMessagesByQueue": {"orders::/": [{"data": "e30="}]}},
    "DocumentDB": {"eventSource": "aws:docdb", "events": [{"event": {"operationType": "insert"}}]},
    "IoT": {"temperature": 21.5, "device": "d"},
    "Lex": {"sessionId": "s", "inputTranscript": "pay", "bot": {"name": "b"}, "sessionState": {}},
    "Bedrock agent": {
        "messageVersion": "1.0",
        "agent": {},
        "actionGroup": "g",
        "apiPath": "/",
        "httpMethod": "POST",
    },
    "Secrets Manager": {"Step": "createSecret", "SecretId": "s", "ClientRequestToken": "t"},
    "AppSync": {"arguments": PAYMENT, "identity": None, "source": None, "info": {"fieldName": "pay"}},
    "AppSync authorizer": {"authorizationToken": "t", "requestContext": {"apiId": "a", "queryString": "{}"}},
    "Lambda destination": {
        "version": "1.0",
        "requestContext": {"requestId": "r", "condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": PAYMENT,
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
    },
    "API Gateway REST API": _rest(),
    "API Gateway HTTP API": _http("a1b2c3.execute-api.eu-west-1.amazonaws.com"),
    "API Gateway HTTP API, format 1.0": {"version": "1.0", **_rest()},
    "function URL": _http("a1b2c3.lambda-url.eu-west-1.on.aws"),
    "load balancer": _rest(
        requestContext={"elb": {"targetGroupArn": _ARN.format("elasticloadbalancing", "targetgroup/t/1")}}
    ),
    "API Gateway WebSocket API": {
        "requestContext": {"routeKey": "$default", "eventType": "MESSAGE", "connectionId": "c", "apiId": "a"},
        "body": _BODY,
        "isBase64Encoded": False,
    },
    "API Gateway authorizer, token": {"type": "TOKEN", "authorizationToken": "t", "methodArn": "arn"},
    "API Gateway authorizer, request": _rest(
        type="REQUEST", methodArn=_ARN.format("execute-api", "a/prod/POST/")
    ),
    "API Gateway authorizer, format 2.0": _http(
        "a.execute-api.eu-west-1.amazonaws.com",
        type="REQUEST",
        routeArn=_ARN.format("execute-api", "a/$default"),
    ),
    "VPC Lattice": {"raw_path": "/payments", "method": "POST", "headers": {}, "body": _BODY},
    "VPC Lattice, version 2.0": {
        "version": "2.0",
        "path": "/payments",
        "method": "POST",
        "body": _BODY,
        "requestContext": {"serviceNetworkArn": _ARN.format("vpc-lattice", "servicenetwork/s")},
    },
    "direct, a payment": PAYMENT,
    "direct, null": None,
    "direct, a text": _BODY,
    "direct, a number": 7,
    "direct, true": True,
    "direct, a list": [PAYMENT],
    "direct, an empty object": {},
    "direct, another object": {"hello": "world"},
    "direct, no records": {"Records": []},
    "direct, mixed records": {
        "Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": _BODY}, {"eventSource": "aws:s3"}]
    },
    "direct, records that are none": {"Records": [{"eventSource": "aws:sqs"}, "?", None]},
    "direct, requestContext without a request": {"requestContext": {}, "body": _BODY},
}

HTTP = {
    "API Gateway REST API",
    "API Gateway HTTP API",
    "API Gateway HTTP API, format 1.0",
    "function URL",
    "load balancer",
}
"""The sources whose caller receives the response."""
