# All resources whose operations the gateway implements, and their dependencies. The test creates dependencies that
# take long and do not need the gateway (queue, key, cluster, function), and passes them as variables.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

variable "cluster" { type = string }
variable "dead_letters" { type = string }
variable "function" { type = string }
variable "function_arn" { type = string }
variable "key" { type = string }
variable "role" { type = string }
variable "task" { type = string }
variable "webhook" { type = string }

variable "later" {
  description = "Whether this is the second apply, which changes one argument of each resource."
  type        = bool
  default     = false
}

provider "aws" {
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  allowed_account_ids         = ["111122223333"]

  default_tags {
    tags = { project = "local-aws" }
  }
}

locals {
  redrive = jsonencode({ deadLetterTargetArn = var.dead_letters })
  change  = var.later ? "later" : "first"
}

# X-Ray

resource "aws_xray_sampling_rule" "this" {
  rule_name      = "tenth"
  priority       = 100
  version        = 1
  reservoir_size = 1
  fixed_rate     = var.later ? 0.2 : 0.1
  url_path       = "*"
  host           = "*"
  http_method    = "*"
  service_type   = "*"
  service_name   = "*"
  resource_arn   = "*"
  attributes     = { env = "local" }
  tags           = { change = local.change }
}

resource "aws_xray_group" "this" {
  group_name        = "services"
  filter_expression = "annotation.change = \"${local.change}\""
  tags              = { change = local.change }

  insights_configuration {
    insights_enabled      = true
    notifications_enabled = var.later
  }
}

resource "aws_xray_encryption_config" "this" {
  type   = "KMS"
  key_id = var.key
}

# CloudWatch Logs

resource "aws_cloudwatch_log_group" "this" {
  name              = "/local-aws/service"
  retention_in_days = 30
  kms_key_id        = var.key
}

resource "aws_cloudwatch_log_metric_filter" "counted" {
  name           = "counted"
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = "{ $.level = \"ERROR\" && $.ms > 1e3 }"

  metric_transformation {
    namespace     = "N"
    name          = "Slow"
    value         = "1"
    default_value = 0
    unit          = "Count"
  }
}

resource "aws_cloudwatch_log_metric_filter" "measured" {
  name           = "measured"
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = "[ip, status = 5*, ..., ms]"

  metric_transformation {
    namespace  = "N"
    name       = "Latency"
    value      = "$ms"
    dimensions = { Address = "$ip" }
  }
}

resource "aws_cloudwatch_query_definition" "this" {
  name            = "services/${local.change}"
  log_group_names = [aws_cloudwatch_log_group.this.name]
  query_string    = "fields @timestamp, @message\n| filter @message like /ERROR/\n| limit 20"
}

resource "aws_cloudwatch_query_definition" "everywhere" {
  name         = "everywhere"
  query_string = "fields @message"
}

resource "aws_cloudwatch_log_data_protection_policy" "this" {
  log_group_name = aws_cloudwatch_log_group.this.name
  policy_document = jsonencode({
    Name    = local.change
    Version = "2021-06-01"
    Statement = [
      {
        Sid            = "Audit"
        DataIdentifier = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"]
        Operation      = { Audit = { FindingsDestination = {} } }
      },
      {
        Sid            = "Redact"
        DataIdentifier = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"]
        Operation      = { Deidentify = { MaskConfig = {} } }
      },
    ]
  })
}

# Notifications

resource "aws_sns_topic" "this" {
  name              = "alarms"
  kms_master_key_id = var.key
}

resource "aws_sns_topic_subscription" "email" {
  topic_arn      = aws_sns_topic.this.arn
  protocol       = "email"
  endpoint       = "on-call@example.com"
  redrive_policy = local.redrive
}

resource "aws_sns_topic_subscription" "https" {
  topic_arn      = aws_sns_topic.this.arn
  protocol       = "https"
  endpoint       = "https://127.0.0.1:9/${local.change}"
  redrive_policy = local.redrive
}

resource "aws_sns_topic_subscription" "confirming" {
  topic_arn              = aws_sns_topic.this.arn
  protocol               = "http"
  endpoint               = var.webhook
  endpoint_auto_confirms = true
  redrive_policy         = local.redrive
}

resource "aws_sns_topic_subscription" "queue" {
  topic_arn            = aws_sns_topic.this.arn
  protocol             = "sqs"
  endpoint             = var.dead_letters
  raw_message_delivery = var.later
  filter_policy        = jsonencode({ severity = ["critical"] })
  redrive_policy       = local.redrive
}

resource "aws_sns_topic_subscription" "function" {
  topic_arn      = aws_sns_topic.this.arn
  protocol       = "lambda"
  endpoint       = var.function_arn
  redrive_policy = local.redrive
}

# Alarms

resource "aws_cloudwatch_metric_alarm" "plain" {
  alarm_name                = "plain"
  alarm_description         = "Says <what> & \"why\""
  namespace                 = "AWS/Lambda"
  metric_name               = "Errors"
  dimensions                = { FunctionName = "f", Resource = "f:live" }
  statistic                 = "Sum"
  period                    = 60
  unit                      = "Count"
  evaluation_periods        = 10
  datapoints_to_alarm       = 3
  threshold                 = var.later ? 6 : 5
  comparison_operator       = "GreaterThanThreshold"
  treat_missing_data        = "notBreaching"
  actions_enabled           = var.later
  alarm_actions             = [aws_sns_topic.this.arn]
  ok_actions                = [aws_sns_topic.this.arn]
  insufficient_data_actions = [aws_sns_topic.this.arn]
  tags                      = { change = local.change }
}

resource "aws_cloudwatch_metric_alarm" "percentile" {
  alarm_name                            = "percentile"
  namespace                             = "AWS/Lambda"
  metric_name                           = "Duration"
  extended_statistic                    = "p99"
  evaluate_low_sample_count_percentiles = "ignore"
  period                                = 300
  evaluation_periods                    = 3
  threshold                             = 0.0001
  comparison_operator                   = "GreaterThanThreshold"
}

resource "aws_cloudwatch_metric_alarm" "math" {
  alarm_name          = "math"
  evaluation_periods  = 3
  threshold           = 1000000
  comparison_operator = "GreaterThanThreshold"

  metric_query {
    id          = "rate"
    expression  = "100 * errors / invocations"
    label       = "rate <%> ${local.change}"
    return_data = true
  }

  metric_query {
    id = "errors"
    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Errors"
      period      = 60
      stat        = "Sum"
      unit        = "Count"
      dimensions  = { FunctionName = "f" }
    }
  }

  metric_query {
    id         = "invocations"
    account_id = "111122223333"
    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"
      period      = 60
      stat        = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "band" {
  alarm_name          = "band"
  evaluation_periods  = 3
  threshold_metric_id = "band"
  comparison_operator = "GreaterThanUpperThreshold"

  metric_query {
    id          = "band"
    expression  = "ANOMALY_DETECTION_BAND(errors)"
    return_data = true
  }

  metric_query {
    id          = "errors"
    return_data = true
    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Errors"
      period      = 60
      stat        = "Sum"
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "this" {
  alarm_name                = "both"
  alarm_description         = "All at once, ${local.change}"
  alarm_rule                = "ALARM(\"${aws_cloudwatch_metric_alarm.plain.alarm_name}\") AND NOT OK(${aws_cloudwatch_metric_alarm.percentile.alarm_name})"
  alarm_actions             = [aws_sns_topic.this.arn]
  ok_actions                = [aws_sns_topic.this.arn]
  insufficient_data_actions = [aws_sns_topic.this.arn]
  tags                      = { change = local.change }

  actions_suppressor {
    alarm            = aws_cloudwatch_metric_alarm.math.alarm_name
    wait_period      = 120
    extension_period = var.later ? 90 : 60
  }
}

resource "aws_cloudwatch_metric_alarm" "guarded" {
  alarm_name          = "guarded"
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = var.later ? 2 : 1
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "rate"
    expression  = "IF(invocations > 20, 100 * errors / invocations, 0)"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { errors = "Errors", invocations = "Invocations" }
    content {
      id = metric_query.key
      metric {
        namespace   = "AWS/Lambda"
        metric_name = metric_query.value
        period      = 60
        stat        = "Sum"
        dimensions  = { FunctionName = var.function }
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "trimmed" {
  for_each = {
    share  = "PR(:3000)"
    count  = "TC(:${var.later ? 400 : 300})"
    tail   = "p99.9"
    middle = "IQM"
    most   = "tm90"
  }

  alarm_name          = "trimmed-${each.key}"
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  extended_statistic  = each.value
  period              = 60
  evaluation_periods  = 3
  threshold           = 10
  comparison_operator = "LessThanThreshold"
}

resource "aws_cloudwatch_composite_alarm" "impact" {
  for_each = toset(["first", "second"])

  alarm_name    = "impact-${each.key}"
  alarm_rule    = "(ALARM(${aws_cloudwatch_metric_alarm.guarded.alarm_name}) OR NOT OK(\"${aws_cloudwatch_metric_alarm.trimmed["share"].alarm_name}\")) AND NOT ALARM(${aws_cloudwatch_metric_alarm.band.alarm_name})"
  alarm_actions = [aws_sns_topic.this.arn]
}

resource "aws_cloudwatch_composite_alarm" "system" {
  alarm_name = "system"
  alarm_rule = join(var.later ? " AND " : " OR ", [for one in aws_cloudwatch_composite_alarm.impact : "ALARM(${one.alarm_name})"])

  actions_suppressor {
    alarm            = aws_cloudwatch_composite_alarm.this.alarm_name
    wait_period      = 0
    extension_period = 0
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "services"
  dashboard_body = jsonencode({
    widgets = [{
      type       = "text", x = 0, y = 0, width = 24, height = 2
      properties = { markdown = "<b> & \"${local.change}\"" }
    }]
  })
}

# Events

resource "aws_cloudwatch_event_rule" "this" {
  name        = "tasks"
  description = "Tasks that end, ${local.change}"
  event_pattern = jsonencode({
    source        = ["aws.ecs"]
    "detail-type" = ["ECS Task State Change"]
    detail        = { group = [{ prefix = "service:" }], stopCode = ["TaskFailedToStart"] }
  })
}

resource "aws_cloudwatch_event_target" "topic" {
  rule = aws_cloudwatch_event_rule.this.name
  arn  = aws_sns_topic.this.arn

  dead_letter_config {
    arn = var.dead_letters
  }

  retry_policy {
    maximum_event_age_in_seconds = var.later ? 600 : 3600
    maximum_retry_attempts       = 5
  }
}

resource "aws_cloudwatch_event_target" "log" {
  rule = aws_cloudwatch_event_rule.this.name
  arn  = aws_cloudwatch_log_group.this.arn
}

resource "aws_cloudwatch_event_target" "line" {
  rule      = aws_cloudwatch_event_rule.this.name
  target_id = "line"
  arn       = aws_cloudwatch_log_group.this.arn

  input_transformer {
    input_paths    = { time = "$.time", resource = "$.resources[${var.later ? 1 : 0}]" }
    input_template = "{\"timestamp\": <time>, \"message\": <resource>}"
  }
}

resource "aws_cloudwatch_log_resource_policy" "this" {
  policy_name = "events"
  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = local.change
      Effect    = "Allow"
      Principal = { Service = ["events.amazonaws.com", "delivery.logs.amazonaws.com"] }
      Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource  = "${aws_cloudwatch_log_group.this.arn}:*"
    }]
  })
}

# Schedules

resource "aws_scheduler_schedule_group" "this" {
  name = "maintenance"
}

resource "aws_scheduler_schedule" "this" {
  for_each = { default = null, grouped = aws_scheduler_schedule_group.this.name }

  name                         = "window-${each.key}"
  group_name                   = each.value
  schedule_expression          = "cron(0 ${var.later ? 3 : 2} ? * SUN *)"
  schedule_expression_timezone = "Europe/Berlin"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:aws:scheduler:::aws-sdk:cloudwatch:putMetricData"
    role_arn = var.role
    input    = jsonencode({ Namespace = "Shop", MetricData = [{ MetricName = "Maintenance", Value = 1 }] })

    retry_policy {
      maximum_event_age_in_seconds = 300
      maximum_retry_attempts       = 3
    }
  }
}

# Secrets

resource "aws_ssm_parameter" "this" {
  name  = "/local-aws/url"
  type  = "SecureString"
  value = local.change
}

resource "aws_secretsmanager_secret" "this" {
  name                    = "key"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id     = aws_secretsmanager_secret.this.id
  secret_string = local.change
}

# ECS and its scaling

resource "aws_ecs_service" "this" {
  name                          = "web"
  cluster                       = var.cluster
  task_definition               = var.task
  desired_count                 = 1
  launch_type                   = "FARGATE"
  wait_for_steady_state         = true
  availability_zone_rebalancing = var.later ? "DISABLED" : "ENABLED"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  alarms {
    enable      = true
    rollback    = true
    alarm_names = [aws_cloudwatch_metric_alarm.plain.alarm_name]
  }

  network_configuration {
    subnets = ["subnet-12345678"]
  }
}

resource "aws_ecs_service" "default" {
  name            = "default"
  cluster         = var.cluster
  task_definition = var.task
  desired_count   = 0
  launch_type     = "FARGATE"

  network_configuration {
    subnets = ["subnet-12345678"]
  }
}

resource "aws_ecs_service" "balanced" {
  name                              = "balanced"
  cluster                           = var.cluster
  task_definition                   = var.task
  desired_count                     = 0
  launch_type                       = "FARGATE"
  health_check_grace_period_seconds = var.later ? 60 : 30

  load_balancer {
    target_group_arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/73e2d6bc24d8a067"
    container_name   = "web"
    container_port   = 80
  }

  network_configuration {
    subnets = ["subnet-12345678"]
  }
}

resource "aws_appautoscaling_target" "this" {
  service_namespace  = "ecs"
  resource_id        = "service/${var.cluster}/${aws_ecs_service.this.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 1
  max_capacity       = var.later ? 8 : 4
  tags               = { change = local.change }
}

resource "aws_appautoscaling_policy" "this" {
  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  resource_id        = aws_appautoscaling_target.this.resource_id
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = var.later ? 70 : 60
    scale_in_cooldown  = 300
    scale_out_cooldown = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

# Firehose

resource "aws_kinesis_firehose_delivery_stream" "this" {
  name        = "archive"
  destination = "extended_s3"

  server_side_encryption {
    enabled  = true
    key_type = "CUSTOMER_MANAGED_CMK"
    key_arn  = var.key
  }

  extended_s3_configuration {
    role_arn            = var.role
    bucket_arn          = "arn:aws:s3:::archive"
    prefix              = "logs/!{timestamp:yyyy/MM/dd}/"
    error_output_prefix = "errors/!{firehose:error-output-type}/"
    buffering_size      = 5
    buffering_interval  = 300
    compression_format  = "GZIP"
    custom_time_zone    = var.later ? "Asia/Tokyo" : "Europe/Berlin"
    file_extension      = ".log.gz"
    kms_key_arn         = var.key

    cloudwatch_logging_options {
      enabled         = true
      log_group_name  = aws_cloudwatch_log_group.this.name
      log_stream_name = "delivery"
    }
  }
}

resource "aws_kinesis_firehose_delivery_stream" "default" {
  name        = "default"
  destination = "extended_s3"

  extended_s3_configuration {
    role_arn   = var.role
    bucket_arn = "arn:aws:s3:::archive"
  }
}

# Lambda

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name          = var.function
  maximum_retry_attempts = var.later ? 0 : 1

  destination_config {
    on_failure {
      destination = var.dead_letters
    }
  }
}

resource "aws_lambda_permission" "this" {
  statement_id   = "topic-${local.change}"
  action         = "lambda:InvokeFunction"
  function_name  = var.function
  principal      = "sns.amazonaws.com"
  source_arn     = aws_sns_topic.this.arn
  source_account = "111122223333"
}

# EC2

resource "aws_vpc" "this" {
  cidr_block = "10.8.0.0/16"
}

resource "aws_security_group" "this" {
  name        = "everywhere"
  description = "Everything may go out"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_egress_rule" "this" {
  security_group_id = aws_security_group.this.id
  description       = var.later ? "later" : "everything"
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"

  tags = {
    Name = "everywhere"
  }
}

# S3

resource "aws_s3_bucket" "this" {
  bucket = "lifecycle"
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket                                 = aws_s3_bucket.this.id
  transition_default_minimum_object_size = var.later ? "all_storage_classes_128K" : "varies_by_storage_class"

  rule {
    id     = "markers"
    status = "Enabled"

    filter {
      prefix = ""
    }

    expiration {
      expired_object_delete_marker = true
    }
  }
}
