"""Each rule of the models: what it accepts, and the exact sentence with which it refuses."""

# ruff: noqa: E501  # a message is compared whole, and reads best on one line

from __future__ import annotations

from itertools import product
from typing import Any

import botocore.session
import pytest

from config.limits import FARGATE_MEMORY_MIB, LAMBDA_INSIGHTS_LAYERS, REGIONS, RETENTION_DAYS
from config.services import EcsService
from config.webhooks import masked
from tests.support.tables import each
from tests.unit.config.configs import NEXT_LINE, PROD, Folder, all_fields

HERE = f"config/prod.yaml:{NEXT_LINE}"
RETENTIONS = ", ".join(map(str, RETENTION_DAYS))
ALL_REGIONS = ", ".join(REGIONS)
IMAGE = "a container image with a tag or a digest, such as public.ecr.aws/nginx/nginx:1.29.3"
ACTION = "an IAM action with its service, such as dynamodb:GetItem or s3:Get*, not all actions"
ARN = "an ARN of the partition aws, such as arn:aws:dynamodb:eu-west-1:111122223333:table/orders"
LAYER = "the ARN of a layer's version, such as arn:aws:lambda:eu-west-1:111122223333:layer:name:7"
NAME = "a name of lower-case letters and digits, in words joined by single hyphens, beginning with a letter"
BUCKET = (
    "must be an S3 bucket name: 3 to 63 lower-case letters, digits and hyphens, "
    "beginning and ending with a letter or digit"
)
RESERVED = (
    "must be an S3 bucket name without the prefixes and suffixes that AWS reserves: "
    "xn--, sthree-, amzn-s3-demo-, -s3alias, --ol-s3, --x-s3, --table-s3"
)
TAG = "letters, digits, spaces and _ . : / = + @ -"
HTTPS = "must be an https:// URL (SNS sends notifications to other URLs unencrypted)"
GRANT = "services: {api: {grants: [{actions: [%s], resources: ['%s']}]}}"
LB = "arn:aws:elasticloadbalancing:%s:%s:loadbalancer/app/shop/0123456789abcdef"
TG = "arn:aws:elasticloadbalancing:%s:%s:targetgroup/web/0123456789abcdef"
HERE_AND_OURS = ("eu-west-1", "111122223333")
BALANCED = (
    "services: {web-site: {%s load_balancer: {load_balancer_arn: '%s', target_group_arn: '%s', "
    "security_group_id: sg-01234567}}}"
)
WINDOW = "maintenance: {night: {cron: %s, duration_min: 60, reason: The backup runs}}"
TOO_MANY_WINDOWS = ", ".join(
    f"w{number}: {{cron: 0 3 * * ? *, duration_min: 1, reason: The backup runs}}" for number in range(21)
)
SLO = "services: {api: {slos: {fast: {%s}}}}"
CRON = "six fields: minutes hours day-of-month month day-of-week year, such as 0 2 ? * SUN *"
DAY = "exactly one of day-of-month and day-of-week must be ?"
ZONE = "must be a time zone of the IANA list, such as Europe/Zurich or UTC"
KEPT = "a reference to a secret, ssm:/a/parameter or secretsmanager:a/secret, not the secret itself"
BAND = "threshold and anomaly_band exclude each other: set one of them to null"
SLACK_URL = "https://hooks.slack.com/services/T0/B0/x"
LB_ARN = (
    "the ARN of an Application Load Balancer, such as "
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop/0123456789abcdef"
)
TG_ARN = (
    "the ARN of a target group, such as "
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/checkout/0123456789abcdef"
)
TOLD_BY_THE_NOTIFIER = (
    "requires an e-mail address or an https webhook as well: the notifier delivers to %s, "
    "and failures of the notifier need another route"
)
DRILL_WHY = "a drill makes deployed functions fail"
A_TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"

REFUSED = [
    ("logs: {retention_days: 8}", "logs.retention_days", f"must be one of the retention periods of CloudWatch Logs: {RETENTIONS} days (found: 8)"),
    ("logs: {archive: {expire_after_days: 100}}", "logs.archive.expire_after_days", "must be at least glacier_after_days + 90 = 180: S3 Glacier bills at least 90 days (found: 100)"),
    ("services: {api: {timeout_s: 901}}", "services.api.timeout_s", "must be at most 900 (found: 901)"),
    ("services: {api: {timeout_s: 0}}", "services.api.timeout_s", "must be at least 1 (found: 0)"),
    ("services: {api: {timeout_s: soon}}", "services.api.timeout_s", "must be a whole number (found: soon)"),
    ("services: {api: {timeout_s: 1.5}}", "services.api.timeout_s", "must be a whole number (found: 1.5)"),
    ("services: {api: {timeout_s: yes}}", "services.api.timeout_s", "must be a number (found: yes)"),
    ("services: {api: {timeout_s: }}", "services.api.timeout_s", "must be a whole number (found: nothing)"),
    ("services: {api: {timeout_s: [9]}}", "services.api.timeout_s", "must be a whole number (found: a list of 1)"),
    ("services: {api: {kind: lamda}}", "services.api.kind", "must be one of: lambda, ecs, state-machine (found: lamda)   did you mean lambda?"),
    ("services: {apl: {timeout_s: 3}}", "services.apl.kind", "is missing; allowed: lambda, ecs, state-machine; only an entry that overrides a service of base.yaml has no kind   did you mean api?"),
    ("services: {other: 5}", "services.other", "must be a mapping of keys to values (found: 5)"),
    ("services: {other: }", "services.other", "must be a mapping of keys to values (found: nothing)"),
    ("services: {api: {runtime: python312}}", "services.api.runtime", "must be one of: python3.10, python3.11, python3.12, python3.13 (found: python312)   did you mean python3.12?"),
    ("services: {api: {source: ../api}}", "services.api.source", "must be a folder of functions/, such as functions/payment_handler (found: ../api)"),
    ("services: {api: {source: functions/notifier}}", "services.api.source", "is part of the platform; use another folder (found: functions/notifier)"),
    ("services: {api: {source: functions/shared}}", "services.api.source", "is part of the platform; use another folder (found: functions/shared)"),
    ("services: {api: {handler: handle}}", "services.api.handler", "must be a module and a function, such as handler.handle (found: handle)"),
    ("services: {api: {environment: {1A: x}}}", "services.api.environment.1A", "must be the name of an environment variable: two or more letters, digits and _, beginning with a letter (found: 1A)"),
    ("services: {api: {environment: {AWS_REGION: x}}}", "services.api.environment.AWS_REGION", "must not begin with AWS_, LAMBDA_ or _, which Lambda reserves (found: AWS_REGION)"),
    ("services: {api: {environment: {POWERTOOLS_SERVICE_NAME: x}}}", "services.api.environment.POWERTOOLS_SERVICE_NAME", "must not be a variable that the platform sets: POWERTOOLS_SERVICE_NAME, POWERTOOLS_METRICS_NAMESPACE, OTEL_SERVICE_NAME, DRILLS (found: POWERTOOLS_SERVICE_NAME)"),
    ("services: {api: {environment: {DRILLS: allowed}}}", "services.api.environment.DRILLS", "must not be a variable that the platform sets: POWERTOOLS_SERVICE_NAME, POWERTOOLS_METRICS_NAMESPACE, OTEL_SERVICE_NAME, DRILLS (found: DRILLS)"),
    ("drills: {allowed: maybe}", "drills.allowed", "must be true or false (found: maybe)"),
    ("drills: {alowed: true}", "drills.alowed", "is not a valid key; known: allowed   did you mean allowed?"),
    ("drills: true", "drills", "must be a mapping of keys to values (found: true)"),
    ("services: {api: {owner: pay & ments}}", "services.api.owner", "must be a tag's value: letters, digits, spaces and _ . : / = + @ - (found: pay & ments)"),
    ("services: {api: {description: 'a → b'}}", "services.api.description", "must be one line of Latin-1 characters (found: a → b)"),
    ("services: {api: {grants: [{actions: ['s3:GetObject'], resources: ['arn:aws:s3:::*']}]}}", "services.api.grants.0.resources.0", "must name a resource: a grant on all resources of a service is not allowed (found: arn:aws:s3:::*)"),
    ("network: {cidr: 8.8.8.0/24}", "network.cidr", "must be a private address range, such as 10.20.0.0/16 (found: 8.8.8.0/24)"),
    ("alarms: {lambda: {errors: {threshold: -5}}}", "alarms.lambda.errors.threshold", "must be at least 0 (found: -5)"),
    ("services: {api: {environment: {AB: 5}}}", "services.api.environment.AB", "must be text: write it in quotes (found: 5)"),
    ("services: {api: {sqs_trigger: {batch_size: 11}}}", "services.api.sqs_trigger.batch_size", "must be at most 10 without a batching_window_s of at least 1 (found: 11)"),
    ("services: {web-site: {image: web}}", "services.web-site.image", f"must be {IMAGE} (found: web)"),
    ("services: {web-site: {image: 'host:5000/web'}}", "services.web-site.image", f"must be {IMAGE} (found: host:5000/web)"),
    ("services: {web-site: {image: 'web:latest'}}", "services.web-site.image", "must have a version tag or a digest: the image of latest changes without a deployment (found: web:latest)"),
    ("services: {web-site: {cpu: 300}}", "services.web-site.cpu", "Fargate offers a cpu of: 256, 512, 1024, 2048, 4096, 8192, 16384 (found: 300)"),
    ("services: {web-site: {memory_mib: 4096}}", "services.web-site.memory_mib", "with cpu 256, Fargate offers a memory_mib of: 512, 1024, 2048 (found: 4096)"),
    ("tracing: {collector_cpu: 256}", "services.web-site.cpu", "must be more than 256, tracing.collector_cpu (in the same task) (found: 256)"),
    ("tracing: {collector_memory_mib: 300}", "services.web-site.memory_mib", "must be at least 600, twice tracing.collector_memory_mib (in the same task) (found: 512)"),
    ("logs: {awslogs: {mode: lossy}}", "logs.awslogs.mode", "must be one of: non-blocking, blocking (found: lossy)"),
    ("logs: {awslogs: {max_buffer_size_mib: 0}}", "logs.awslogs.max_buffer_size_mib", "must be at least 1 (found: 0)"),
    ("logs: {awslogs: {max_buffer_size_mib: 25m}}", "logs.awslogs.max_buffer_size_mib", "must be a whole number (found: 25m)"),
    ("logs: {awslogs: {max-buffer-size: 25m}}", "logs.awslogs.max-buffer-size", "is not a valid key; known: max_buffer_size_mib, mode   did you mean max_buffer_size_mib?"),
    ("logs: {awslogs: {max_buffer_size_mib: 129}}", "services.web-site.memory_mib", "must be at least 516, four times logs.awslogs.max_buffer_size_mib: the service and its collector have a buffer each (found: 512)"),
    ("services: {web-site: {awslogs: {max_buffer_size_mib: 129}}}", "services.web-site.awslogs.max_buffer_size_mib", "must be at most 128, a quarter of memory_mib: the service and its collector have a buffer each (found: 129)"),
    ("services: {web-site: {awslogs: {mode: Blocking}}}", "services.web-site.awslogs.mode", "must be one of: non-blocking, blocking (found: Blocking)   did you mean blocking?"),
    ("services: {web-site: {awslogs: {mode: blocking, max_buffer_size_mib: 257}}}", "services.web-site.awslogs.max_buffer_size_mib", "must be at most 256, half of memory_mib: the collector has a buffer (found: 257)"),
    ("logs: {awslogs: {mode: blocking, max_buffer_size_mib: 257}}", "services.web-site.memory_mib", "must be at least 514, twice logs.awslogs.max_buffer_size_mib: the collector has a buffer (found: 512)"),
    ("tracing: {collector_image: 'collector:latest'}", "tracing.collector_image", "must have a version tag or a digest: the image of latest changes without a deployment (found: collector:latest)"),
    (GRANT % ("'*'", A_TABLE), "services.api.grants.0.actions.0", f"must be {ACTION} (found: *)"),
    (GRANT % ("", A_TABLE), "services.api.grants.0.actions", "must have at least one entry (found: a list of 0)"),
    (GRANT % ("dynamodb:GetItem", "*"), "services.api.grants.0.resources.0", f"must be {ARN} (found: *)"),
    (GRANT % ("dynamodb:GetItem", "arn:aws-cn:s3:::x"), "services.api.grants.0.resources.0", f"must be {ARN} (found: arn:aws-cn:s3:::x)"),
    ("insights: {layer_arn_arm64: 'arn:aws:lambda:eu-west-1:111122223333:layer:name'}", "insights.layer_arn_arm64", f"must be {LAYER} (found: arn:aws:lambda:eu-west-1:111122223333:layer:name)"),
    ("services: {Api_2: {kind: lambda, description: x, source: functions/x}}", "services.Api_2", f"must be {NAME} (found: Api_2)"),
    (f"project: {'a' * 41}", "project", f"must have at most 40 characters (found: 41 characters: {'a' * 41})"),
    ("region: eu-wets-1", "region", f"must be a region of the partition aws: {ALL_REGIONS} (found: eu-wets-1)   did you mean eu-west-1?"),
    ("endpoint: http://example.com", "endpoint", "must be the URL of a local AWS, such as http://127.0.0.1:4566; remove the key for AWS itself (found: http://example.com)"),
    ("tags: {'aws:x': y}", "tags.aws:x", "must not begin with aws:, which AWS reserves (found: aws:x)"),
    ("tags: {project: y}", "tags.project", "must not be a tag that the platform sets: Project, Environment, ManagedBy, Service, Owner, Severity, Name (found: project)"),
    ("tags: {Owner: y}", "tags.Owner", "must not be a tag that the platform sets: Project, Environment, ManagedBy, Service, Owner, Severity, Name (found: Owner)"),
    ("tags: {a*b: y}", "tags.a*b", f"must be a tag's key: {TAG} (found: a*b)"),
    ("tags: {ab: y*}", "tags.ab", f"must be a tag's value: {TAG} (found: y*)"),
    ("network: {vpc_id: vpc-0123456789abcdef0}", "network.vpc_id", "vpc_id and subnet_ids must be set together; without both, a VPC is created (found: vpc-0123456789abcdef0)"),
    ("network: {subnet_ids: [subnet-0123456789abcdef0]}", "network.subnet_ids", "vpc_id and subnet_ids must be set together; without both, a VPC is created (found: a list of 1)"),
    ("network: {security_group_ids: [sg-0123456789abcdef0]}", "network.security_group_ids", "requires vpc_id: the security groups must belong to this VPC (found: a list of 1)"),
    ("network: {vpc_id: vpc-1}", "network.vpc_id", "must be the id of a VPC, such as vpc-0123456789abcdef0 (found: vpc-1)"),
    ("network: {subnet_ids: [x]}", "network.subnet_ids.0", "must be the id of a subnet, such as subnet-0123456789abcdef0 (found: x)"),
    ("network: {security_group_ids: [x]}", "network.security_group_ids.0", "must be the id of a security group, such as sg-0123456789abcdef0 (found: x)"),
    ("network: {nat_gateways: 3}", "network.nat_gateways", "must be at most 2 (availability_zones): one per zone (found: 3)"),
    ("network: {cidr: 10.0.0.0/8}", "network.cidr", "must be an IPv4 block from /16 to /24, such as 10.20.0.0/16 (found: 10.0.0.0/8)"),
    ("network: {cidr: 10.0.1.0/16}", "network.cidr", "is not an address block: 10.0.1.0/16 has host bits set (found: 10.0.1.0/16)"),
    ("dashboard: {start: 8h}", "dashboard.start", "must be a negative ISO 8601 duration, such as -PT8H for the last eight hours (found: 8h)"),
    ("dashboard: {period_s: 90}", "dashboard.period_s", "must be a multiple of 60 (found: 90)"),
    ("deletion_protection: maybe", "deletion_protection", "must be true or false (found: maybe)"),
    ("alarms: {lambda: {errors: {threshold: .nan}}}", "alarms.lambda.errors.threshold", "must be a finite number (found: .nan)"),
    ("alarms: {lambda: {errors: {enabled: false}}}", "alarms.lambda.errors.enabled", "requires reason: an alarm that is switched off must have one (found: false)"),
    ("alarms: {lambda: {latency: {anomaly_band: 0}}}", "alarms.lambda.latency.anomaly_band", "must be more than 0 (found: 0)"),
    ("alarms: {lambda: {error-rate: {min_samples: 0}}}", "alarms.lambda.error-rate.min_samples", "must be at least 1 (found: 0)"),
    ("services: {api: {alarms: {latency: {threshold: 5, anomaly_band: 2}}}}", "services.api.alarms.latency.threshold", f"{BAND} (found: 5)"),
    ("alarms: {queue: {age: {threshold: 5}}}", "alarms.queue", "is not a valid key; known: ecs, environment, lambda, platform, state-machine"),
    (WINDOW % "0 3 * * ?", "maintenance.night.cron", f"must be {CRON} (found: 0 3 * * ?)"),
    (WINDOW % "0 3 * * ? * *", "maintenance.night.cron", f"must be {CRON} (found: 0 3 * * ? * *)"),
    (WINDOW % "rate(1 day)", "maintenance.night.cron", f"must be {CRON} (found: rate(1 day))"),
    (WINDOW % "0 3 ? * ? *", "maintenance.night.cron", f"{DAY} (found: 0 3 ? * ? *)"),
    (WINDOW % "0 3 1 * SUN *", "maintenance.night.cron", f"{DAY} (found: 0 3 1 * SUN *)"),
    (WINDOW % "60 3 * * ? *", "maintenance.night.cron", "minutes must be 0 to 59, not 60 (found: 60 3 * * ? *)"),
    (WINDOW % "'0 1,24 * * ? *'", "maintenance.night.cron", "hours must be 0 to 23, not 24 (found: 0 1,24 * * ? *)"),
    (WINDOW % "0 3 0 * ? *", "maintenance.night.cron", "day-of-month must be 1 to 31, not 0 (found: 0 3 0 * ? *)"),
    (WINDOW % "0 3 1 1-13 ? *", "maintenance.night.cron", "month must be 1 to 12, not 13 (found: 0 3 1 1-13 ? *)"),
    (WINDOW % "0 3 ? * 0 *", "maintenance.night.cron", "day-of-week must be 1 to 7, not 0 (found: 0 3 ? * 0 *)"),
    (WINDOW % "0 3 * * ? 1969", "maintenance.night.cron", "year must be 1970 to 2199, not 1969 (found: 0 3 * * ? 1969)"),
    (WINDOW % "0 3 ? * MON-SUNDAY *", "maintenance.night.cron", "day-of-week must be SUN, MON, TUE, WED, THU, FRI, SAT, not SUNDAY (found: 0 3 ? * MON-SUNDAY *)"),
    (WINDOW % "0 3 1 MON ? *", "maintenance.night.cron", "month must be JAN, FEB, MAR, APR, MAY, JUN, JUL, AUG, SEP, OCT, NOV, DEC, not MON (found: 0 3 1 MON ? *)"),
    (WINDOW % "0 3 * * ? *, timezone: Europe/Zurch", "maintenance.night.timezone", f"{ZONE}   did you mean Europe/Zurich? (found: Europe/Zurch)"),
    (WINDOW % "0 3 * * ? *, timezone: Mars/Olympus", "maintenance.night.timezone", f"{ZONE} (found: Mars/Olympus)"),
    ("maintenance: {night: {cron: 0 3 * * ? *, duration_min: 1441, reason: The backup runs}}", "maintenance.night.duration_min", "must be at most 1440 (found: 1441)"),
    ("maintenance: {night: {cron: 0 3 * * ? *, duration_min: 1h, reason: The backup runs}}", "maintenance.night.duration_min", "must be a whole number (found: 1h)"),
    ("maintenance: {night: {cron: 0 3 * * ? *, reason: The backup runs}}", "maintenance.night.duration_min", "is missing"),
    ("maintenance: {night: {cron: 0 3 * * ? *, duration_min: 60, reason: backup}}", "maintenance.night.reason", "must have at least 10 characters (found: backup)"),
    ("maintenance: {a-name-that-has-21-xs: {cron: 0 3 * * ? *, duration_min: 60, reason: The backup runs}}", "maintenance.a-name-that-has-21-xs", "must have at most 20 characters (found: 21 characters: a-name-that-has-21-xs)"),
    (f"maintenance: {{{TOO_MANY_WINDOWS}}}", "maintenance", f"must have at most 20 entries, not 21 (found: a mapping of {', '.join(f'w{number}' for number in range(21))[:47]}…)"),
    ("deployments: {suppression_s: 90}", "deployments.suppression_s", "must be a multiple of 60 (found: 90)"),
    ("quotas: {lambda_concurrency: 9}", "quotas.lambda_concurrency", "must be at least 10 (found: 9)"),
    (SLO % "objective_percent: 99.96", "services.api.slos.fast.objective_percent", "must be at most 99.95 (found: 99.96)"),
    (SLO % "objective_percent: 0", "services.api.slos.fast.objective_percent", "must be more than 0 (found: 0)"),
    (SLO % "slower_than_ms: 5", "services.api.slos.fast.objective_percent", "is missing"),
    (SLO % "objective_percent: 99, window_days: 6", "services.api.slos.fast.window_days", "must be at least 7 (found: 6)"),
    (SLO % "objective_percent: 99, slower_than_ms: 0", "services.api.slos.fast.slower_than_ms", "must be more than 0 (found: 0)"),
    (SLO % "objective_percent: 99, min_events: 0", "services.api.slos.fast.min_events", "must be at least 1 (found: 0)"),
    (BALANCED % ("", LB % HERE_AND_OURS, TG % HERE_AND_OURS), "services.web-site.load_balancer", "requires port: the load balancer sends requests to it (found: a mapping of load_balancer_arn, target_group_arn, security_g…)"),
    (BALANCED % ("port: 80,", LB % ("eu-west-2", "111122223333"), TG % HERE_AND_OURS), "services.web-site.load_balancer.load_balancer_arn", f"must be in eu-west-1 and account 111122223333 (found: {LB % ('eu-west-2', '111122223333')})"),
    (BALANCED % ("port: 80,", LB % HERE_AND_OURS, TG % ("eu-west-1", "999999999999")), "services.web-site.load_balancer.target_group_arn", f"must be in eu-west-1 and account 111122223333 (found: {TG % ('eu-west-1', '999999999999')})"),
    (BALANCED % ("port: 80,", TG % HERE_AND_OURS, TG % HERE_AND_OURS), "services.web-site.load_balancer.load_balancer_arn", f"must be {LB_ARN} (found: {(TG % HERE_AND_OURS)[:60]}…)"),
    (BALANCED % ("port: 80,", LB % HERE_AND_OURS, LB % HERE_AND_OURS), "services.web-site.load_balancer.target_group_arn", f"must be {TG_ARN} (found: {(LB % HERE_AND_OURS)[:60]}…)"),
    (BALANCED.replace("app/", "net/") % ("port: 80,", (LB % HERE_AND_OURS).replace("/app/", "/net/"), TG % HERE_AND_OURS), "services.web-site.load_balancer.load_balancer_arn", f"must be {LB_ARN} (found: {(LB % HERE_AND_OURS)[:60]}…)"),
    ("services: {api: {environment: {BIG: '%s'}}}" % ("x" * 3582), "services.api.environment", "has 3585 bytes; Lambda allows 4096, of which 512 are the platform's"),
    ("alarms: {lambda: {errors: {enabled: false, reason: noise}}}", "alarms.lambda.errors.reason", "must have at least 10 characters (found: noise)"),
]  # fmt: skip

KEEP_IT = "is a secret: store it in Parameter Store or Secrets Manager, and reference it under %s"
NO_QUERY = "must not have a query string: it usually contains a secret"

REPLACED = [
    ("state: {bucket: shop-state}", "state: {bucket: Shop}", "state.bucket", f"{BUCKET} (found: Shop)"),
    ("state: {bucket: shop-state}", "state: {bucket: a.b}", "state.bucket", f"{BUCKET} (found: a.b)"),
    ("state: {bucket: shop-state}", "state: {bucket: xn--x}", "state.bucket", f"{RESERVED} (found: xn--x)"),
    ('"111122223333"', "022222222222", "account_id", "is a number of base 8 in YAML: write it in quotes, or as a decimal number (found: 022222222222)"),
    ('"111122223333"', '"1111"', "account_id", "must be twelve digits in quotes (found: 1111)"),
    ("emails: [oncall@example.com]", "emails: [oncall]", "notifications.critical.emails.0", "must be an e-mail address: An email address must have an @-sign (found: oncall)"),
    ("emails: [oncall@example.com]", "emails: [a@example.com, A@example.com]", "notifications.critical.emails.1", "is listed twice (found: A@example.com)"),
    ("emails: [oncall@example.com]", "emails: a@example.com", "notifications.critical.emails", "must be a list (found: a@example.com)"),
    ("emails: [oncall@example.com]", "webhooks: ['http://example.com']", "notifications.critical.webhooks.0", f"{HTTPS} (found: http://example.com)"),
    ("emails: [oncall@example.com]", "webhooks: ['https://a.example', 'https://a.example']", "notifications.critical.webhooks.1", "is listed twice (found: https://a.example)"),
    *(
        ("emails: [oncall@example.com]", f"emails: [a@example.com], webhooks: ['{url}']", "notifications.critical.webhooks.0", f"{KEEP_IT % key} (found: {masked(url)})")
        for key, url in (
            ("slack", "https://hooks.slack.com/services/T0/B0/x"),
            ("slack", "https://HOOKS.Slack.com:443/services/T0/B0/x"),
            ("slack", "https://a:b@hooks.slack.com/services/T0/B0/x"),
            ("slack", "http://hooks.slack.com/services/T0/B0/x"),
            ("pagerduty", "https://events.pagerduty.com/integration/x/enqueue"),
            ("pagerduty", "https://events.eu.pagerduty.com/v2/enqueue"),
            ("slack", "https://hooks.slack.com/services/T0/B0/x?y=z"),
            ("slack", "https://hooks.slack-gov.com/services/T0/B0/x"),
            ("slack", "https://hooks.slack-mil.com./triggers/T0/1/x"),
        )
    ),
    *(
        ("emails: [oncall@example.com]", f"emails: [a@example.com], webhooks: ['{url}']", "notifications.critical.webhooks.0", f"{NO_QUERY} (found: {masked(url)})")
        for url in ("https://example.com/?token=x", "https://example.com?x", "http://127.0.0.1:80/?x", "https://example.com/a?")
    ),
    ("emails: [oncall@example.com]", "emails: [a@example.com], webhooks: ['http://127.0.0.1:8080/x']", "notifications.critical.webhooks.0", "must be an https:// URL, except in a local AWS (found: http://127.0.0.1:8080/…)"),
    ("critical: {emails: [oncall@example.com]}", "critical: {emails: [a@example.com]}, runbooks_url: 'http://wiki.example.com'", "notifications.runbooks_url", "must be an https:// URL (found: http://wiki.example.com)"),
    ("critical: {emails: [oncall@example.com]}", "critical: {emails: [a@example.com]}, runbooks_url: 'https://%s'" % ("x" * 193), "notifications.runbooks_url", f"must have at most 200 characters (found: 201 characters: https://{'x' * 36}…)"),
    ("emails: [oncall@example.com]", f"slack: ['{SLACK_URL}']", "notifications.critical.slack.0", f"must be {KEPT} (found: https://hooks.slack.com/…)"),
    ("emails: [oncall@example.com]", "pagerduty: [0123456789abcdef0123456789abcdef]", "notifications.critical.pagerduty.0", f"must be {KEPT} (found: 0123…)"),
    ("emails: [oncall@example.com]", "slack: [ssm:shop]", "notifications.critical.slack.0", f"must be {KEPT} (found: ssm:shop)"),
    ("emails: [oncall@example.com]", "emails: [a@example.com], slack: [ssm:/a, ssm:/a]", "notifications.critical.slack.1", "is listed twice (found: ssm:/a)"),
    ("emails: [oncall@example.com]", "pagerduty: [ssm:/a]", "notifications.critical", TOLD_BY_THE_NOTIFIER % "pagerduty"),
    ("emails: [oncall@example.com]", "slack: ['secretsmanager:a/b']", "notifications.critical", TOLD_BY_THE_NOTIFIER % "slack"),
    ("emails: [oncall@example.com]", "emails: []", "notifications.critical", "has no recipient: set an e-mail address or an https webhook"),
    ("environment: prod", "environment: Prod", "environment", "must be lower-case letters and digits, beginning with a letter (found: Prod)"),
    ("environment: prod", "environment: dev", "environment", "must be prod, the name of the file prod.yaml (found: dev)"),
]  # fmt: skip


@each(("yaml_line", "key", "sentence"), REFUSED, ids=[pair[0] for pair in REFUSED])
def test_a_wrong_value_is_refused_with_file_line_key_and_sentence(
    folder: Folder, yaml_line: str, key: str, sentence: str
) -> None:
    """The message is the whole message: nothing before, after or beside it."""
    folder.append("prod", f"{yaml_line}\n")
    (said,) = folder.refusal()
    place, _, rest = said.partition(": ")
    assert rest == f"{key}: {sentence}"
    written_here = key.partition(".")[0] == yaml_line.partition(":")[0]
    assert place == HERE if written_here else place.startswith("config/base.yaml:")


@each(("old", "new", "key", "sentence"), REPLACED, ids=[pair[1] for pair in REPLACED])
def test_a_wrong_value_of_a_required_key_is_refused_at_its_line(
    folder: Folder, old: str, new: str, key: str, sentence: str
) -> None:
    """The same for what every environment has to say."""
    folder.write("prod", PROD.replace(old, new))
    line = next(number for number, text in enumerate(PROD.splitlines(), start=1) if old in text)
    assert folder.refusal() == [f"config/prod.yaml:{line}: {key}: {sentence}"]


@each(
    "line",
    [
        *(f"logs: {{retention_days: {days}}}" for days in RETENTION_DAYS),
        "services: {api: {timeout_s: 900, memory_mib: 10240}}",
        "services: {api: {timeout_s: 1, memory_mib: 128, alarms: {latency: {threshold: 80 % of timeout}}}}",
        "services: {api: {sqs_trigger: {batch_size: 10000, batching_window_s: 1}}}",
        "services: {web-site: {image: 'host:5000/web@sha256:" + 64 * "0" + "'}}",
        GRANT % ("s3:Get*", "arn:aws:s3:::bucket/*"),
        GRANT % ("dynamodb:GetItem", A_TABLE),
        "notifications: {critical: {webhooks: ['https://alerts.example.com:8443/a/b=c']}}",
        # A page about Slack, or on a host that only sounds like it, is no secret.
        "notifications: {critical: {webhooks: ['https://hooks.slack.com.example.com/x']}}",
        "notifications: {critical: {webhooks: ['https://example.com/hooks.slack.com/events.pagerduty.com']}}",
        "notifications: {critical: {emails: [a@example.com]}, warning: {emails: [a@example.com]}}",
        "network: {vpc_id: vpc-01234567, subnet_ids: [subnet-01234567], security_group_ids: [sg-01234567]}",
        "network: {availability_zones: 3, nat_gateways: 3, cidr: 192.168.0.0/24}",
        "project: observability-platform-of-the-shop-and-i",
        *(
            WINDOW % f"'{cron}'"
            for cron in ("0 3 ? * SUN *", "0/15 8-17 ? 1,7 MON-FRI *", "0 2 L * ? 2030", "0 2 ? * 6#3 *")
        ),
        WINDOW % "0 2 * * ? *, timezone: America/Argentina/Buenos_Aires",
        "maintenance: {a-name-that-has-20-x: {cron: 0 3 * * ? *, duration_min: 1440, reason: ten letter}}",
        SLO % "objective_percent: 99.95, window_days: 90, events: logged-requests, slower_than_ms: 0.5",
        SLO % "objective_percent: 93.06, window_days: 7, min_events: 1",
        BALANCED % ("port: 80,", LB % HERE_AND_OURS, TG % HERE_AND_OURS),
        "notifications: {critical: {emails: [a@example.com], slack: ['ssm:/a/b', 'secretsmanager:a/b'], pagerduty: ['ssm:/a/b']}}",
        "notifications: {critical: {emails: [a@example.com]}, runbooks_url: 'https://%s'}" % ("x" * 192),
        "deployments: {suppression_s: 3600}",
        "services: {api: {environment: {BIG: '%s'}}}" % ("x" * 3581),
        "services: {web-site: {awslogs: {mode: blocking, max_buffer_size_mib: 256}}}",
        "services: {web-site: {awslogs: {mode: non-blocking, max_buffer_size_mib: 128}}}",
        "logs: {awslogs: {mode: blocking, max_buffer_size_mib: 256}}",
        "tags: {'Cost Center': ''}",
        "dashboard: {start: -P7D}",
    ],
)
def test_a_value_at_the_edge_of_what_aws_takes_is_accepted(folder: Folder, line: str) -> None:
    """A rule that is too strict is as wrong as one that is missing."""
    folder.write(
        "prod",
        "\n".join(text for text in PROD.splitlines() if text.partition(":")[0] != line.partition(":")[0]),
    )
    folder.append("prod", f"\n{line}\n")
    assert folder.refusal() == []


def test_drills_and_deletion_protection_exclude_each_other(folder: Folder) -> None:
    """What is kept from being deleted serves people; each alone is accepted, and drills are off by themselves."""
    assert folder.load().drills.allowed is False
    folder.append("prod", "drills: {allowed: true}\n")
    assert folder.load().drills.allowed is True
    folder.append("prod", "deletion_protection: true\n")
    assert folder.refusal() == [
        f"{HERE}: drills.allowed: must be false where deletion_protection is true: {DRILL_WHY} (found: true)"
    ]
    folder.write("prod", f"{PROD}drills: {{allowed: false}}\ndeletion_protection: true\n")
    assert folder.refusal() == []


def test_a_local_aws_may_tell_a_program_on_this_machine(folder: Folder) -> None:
    """In clear text, which leaves the machine nowhere."""
    folder.write(
        "prod", PROD.replace("emails: [oncall@example.com]", "webhooks: ['http://127.0.0.1:8080/x']")
    )
    folder.append("prod", "endpoint: http://127.0.0.1:4566\n")
    assert folder.refusal() == []


def test_a_band_and_a_threshold_of_two_files_name_both_places(folder: Folder) -> None:
    """And what is advised helps: null takes back what the other file says."""
    folder.append("prod", "alarms: {lambda: {latency: {anomaly_band: 3}}}\n")
    (said,) = folder.refusal()
    assert said == (
        f"config/base.yaml:4: alarms.lambda.latency.threshold: {BAND} (found: 3000); anomaly_band: {HERE}"
    )
    folder.write("prod", f"{PROD}alarms: {{lambda: {{latency: {{anomaly_band: 3, threshold: null}}}}}}\n")
    assert folder.refusal() == []


def test_the_regions_are_those_of_the_partition_aws() -> None:
    """As the AWS SDK lists them; a new one is a line in config/limits.py."""
    assert set(REGIONS) == set(botocore.session.get_session().get_available_regions("ec2"))


def test_fargate_takes_exactly_the_pairs_that_aws_documents() -> None:
    """Amazon ECS API Reference, RegisterTaskDefinition: for each vCPU least, most and step of GiB."""
    documented = {
        256: {512, 1024, 2048},
        **{
            round(1024 * vcpu): {gib * 1024 for gib in range(least, most + 1, step)}
            for vcpu, least, most, step in (
                (0.5, 1, 4, 1),
                (1, 2, 8, 1),
                (2, 4, 16, 1),
                (4, 8, 30, 1),
                (8, 16, 60, 4),
                (16, 32, 120, 8),
            )
        },
    }
    for cpu, memory_mib in product([128, *documented, 3072], [256, 512, *range(1024, 131_073, 1024)]):
        taken = True
        try:
            EcsService(kind="ecs", description="x", image="x:1", cpu=cpu, memory_mib=memory_mib)
        except ValueError:
            taken = False
        assert taken == (memory_mib in documented.get(cpu, ())), (cpu, memory_mib)
    assert {cpu: set(sizes) for cpu, sizes in FARGATE_MEMORY_MIB.items()} == documented


def test_a_pair_that_two_files_make_names_both_places(folder: Folder) -> None:
    """The value that is wrong may have been right until another file changed the one beside it."""
    folder.append("base", "    memory_mib: 512\n")
    folder.append("prod", "services: {web-site: {cpu: 1024}}\n")
    line = len((folder.path / "base.yaml").read_text(encoding="utf-8").splitlines())
    said = (
        f"config/base.yaml:{line}: services.web-site.memory_mib: with cpu 1024, Fargate offers a memory_mib "
        f"of: 2048, 3072, 4096, 5120, 6144, 7168, 8192 (found: 512); cpu: {HERE}"
    )
    assert folder.refusal() == [said]


@each("architecture", sorted(LAMBDA_INSIGHTS_LAYERS))
@each("region", REGIONS)
def test_a_region_without_lambda_insights_is_refused_for_every_function(
    folder: Folder, region: str, architecture: str
) -> None:
    """With where AWS has the layer nothing is said; without, each function is, with the three ways out."""
    folder.append("prod", f"region: {region}\nservices:\n")
    for name in ("api", "zoo"):
        keys = f"kind: lambda, description: x, source: functions/x, architecture: {architecture}"
        folder.append("prod", f"  {name}: {{{keys}}}\n")
    has_it = region in LAMBDA_INSIGHTS_LAYERS[architecture]
    assert folder.refusal() == [
        f"config/prod.yaml:{NEXT_LINE + 2 + position}: services.{name}.architecture: AWS has no Lambda Insights "
        f"layer for {architecture} in {region}: set insights.layer_arn_{architecture}, another architecture, "
        f"or insights.functions: false (found: {architecture})"
        for position, name in enumerate(("api", "zoo"))
        if not has_it
    ]


@pytest.mark.parametrize(
    "way_out",
    [
        "insights: {layer_arn_arm64: 'arn:aws:lambda:eu-west-1:111122223333:layer:own:7'}",
        "insights: {functions: false}",
        "services: {api: {architecture: x86_64}}",
    ],
)
def test_each_way_out_of_a_missing_layer_works(
    folder: Folder, way_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a message advises has to help."""
    monkeypatch.delitem(LAMBDA_INSIGHTS_LAYERS["arm64"], "eu-west-1")
    assert len(folder.refusal()) == 1
    folder.append("prod", f"{way_out}\n")
    assert folder.refusal() == []


def bounds() -> list[Any]:
    """Return (keys, wrong value, sentence) for each bound of each number of each model."""
    found = []
    for keys, _, _, field in all_fields():
        limits = {
            name: getattr(entry, name)
            for name, entry in product(("ge", "gt", "le", "multiple_of"), field.metadata)
            if getattr(entry, name, None) is not None
        }
        step = limits.get("multiple_of", 1)
        if "ge" in limits:
            found.append((keys, limits["ge"] - step, f"must be at least {limits['ge']:g}"))
        if "gt" in limits:
            found.append((keys, limits["gt"], f"must be more than {limits['gt']:g}"))
        if "le" in limits:
            found.append((keys, limits["le"] + step, f"must be at most {limits['le']:g}"))
    return [pytest.param(*pair, id=f"{'.'.join(pair[0])}={pair[1]}") for pair in found]


@each(("keys", "value", "sentence"), bounds())
def test_a_number_just_outside_of_its_bounds_is_refused_with_the_bound(
    folder: Folder, keys: tuple[str, ...], value: float, sentence: str
) -> None:
    """Over every number that the models bound."""
    place = folder.set(keys, value)
    assert f"{place}: {'.'.join(keys)}: {sentence} (found: {value})" in folder.refusal()
