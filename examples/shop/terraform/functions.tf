# Three Lambda functions: payments (Node.js, behind an alias), orders (reads a queue), receipts (its own log group).

locals {
  functions = {
    payments = {
      runtime   = "nodejs22.x"
      handler   = "index.handler"
      timeout   = 10
      memory    = 256
      log_group = "/aws/lambda/shop-payments"
      policy    = "AWSLambdaBasicExecutionRole"
    }
    orders = {
      runtime   = "python3.12"
      handler   = "orders.handler"
      timeout   = 30
      memory    = 256
      log_group = "/aws/lambda/shop-orders"
      policy    = "AWSLambdaSQSQueueExecutionRole"
    }
    receipts = {
      runtime   = "python3.12"
      handler   = "receipts.handler"
      timeout   = 15
      memory    = 128
      log_group = "/shop/receipts"
      policy    = "AWSLambdaBasicExecutionRole"
    }
  }
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = each.value.log_group
  retention_in_days = 90
}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name               = "shop-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.assume["lambda"].json
}

resource "aws_iam_role_policy_attachment" "function" {
  for_each = local.functions

  role       = aws_iam_role.function[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/${each.value.policy}"
}

resource "aws_lambda_function" "this" {
  for_each = local.functions

  function_name    = "shop-${each.key}"
  role             = aws_iam_role.function[each.key].arn
  runtime          = each.value.runtime
  handler          = each.value.handler
  timeout          = each.value.timeout
  memory_size      = each.value.memory
  filename         = "${var.packages}/${each.key}.zip"
  source_code_hash = filebase64sha256("${var.packages}/${each.key}.zip")
  publish          = true

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.function[each.key].name
  }

  depends_on = [aws_iam_role_policy_attachment.function]
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.this["payments"].function_name
  function_version = aws_lambda_function.this["payments"].version
}

resource "aws_sqs_queue" "orders" {
  name                       = "shop-orders"
  visibility_timeout_seconds = 180 # six times the timeout of the function
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 3
  })
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "shop-orders-dlq"
  message_retention_seconds = 1209600 # 14 days
}

resource "aws_lambda_event_source_mapping" "orders" {
  event_source_arn        = aws_sqs_queue.orders.arn
  function_name           = aws_lambda_function.this["orders"].arn
  batch_size              = 5
  function_response_types = ["ReportBatchItemFailures"]
}
