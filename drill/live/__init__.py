"""Live drills: deployed functions fail on request, and their alarms, topics and queue are observed.

A scenario is checked against the catalog and the deployment before anything is changed (`preparation`). Then
requests are sent (`sender`), states and messages are observed (`states`, `mailbox`), expectations are
evaluated as in a rehearsal (`drill.assertions`), and everything is restored (`clock`, `drill`).

Besides reading Terraform's state, it calls lambda:GetFunctionConfiguration and lambda:InvokeFunction on the
services' functions, cloudwatch:DescribeAlarms, and on the alarm queue sqs:GetQueueAttributes, ReceiveMessage,
DeleteMessage, ChangeMessageVisibility and SendMessage, with kms:Decrypt and kms:GenerateDataKey on its key.
"""
