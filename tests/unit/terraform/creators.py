"""Types of resources that are alarms, or that may create alarms: at least one for each entry of the list."""

TEMPLATES: tuple[str, ...] = (
    "aws_cloudformation_stack",
    "aws_cloudformation_stack_set",
    "awscc_cloudformation_stack",
    "aws_serverlessapplicationrepository_cloudformation_stack",
    "aws_servicecatalog_provisioned_product",
    "awscc_servicecatalog_cloudformation_provisioned_product",
)
"""Those that create whatever a template contains."""
CREATORS: tuple[str, ...] = (
    "awscc_cloudwatch_alarm",
    "aws_cloudwatch_log_alarm",
    "aws_cloudwatch_alarm_mute_rule",
    "google_monitoring_alert_policy",
    "azurerm_monitor_metric_alert",
    "newrelic_nrql_alert_condition",
    "datadog_monitor",
    "datadog_monitor_json",
    "grafana_rule_group",
    "mimir_rule_group_alerting",
    "aws_prometheus_rule_group_namespace",
    "awscc_aps_rule_groups_namespace",
    "aws_applicationinsights_application",
    "awscc_applicationinsights_application",
    "aws_cloudcontrolapi_resource",
    "AWS::CloudWatch::AlarmMuteRule",
    "AWS::CloudFormation::Stack",
    "AWS::CloudFormation::CustomResource",
    "AWS::Serverless::Application",
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
    "AWS::ApplicationInsights::Application",
    "AWS::APS::RuleGroupsNamespace",
    "My::Company::Alarms::MODULE",
    *TEMPLATES,
)
