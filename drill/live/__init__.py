"""The live drill: deployed functions are asked to fail, and their alarms, topics and queue are watched.

What a scenario says is read and held against the catalog before anything is touched (`scenario`,
`reading`, `preparation`). Then requests are sent (`requests`, `sender`), states and messages watched
(`states`, `mailbox`), what was expected is judged (`expectations`), and all is put back (`clock`, `drill`).

Besides reading Terraform's state, it calls lambda:GetFunctionConfiguration and lambda:InvokeFunction on the
services' functions, cloudwatch:DescribeAlarms, and on the alarm queue sqs:GetQueueAttributes, ReceiveMessage,
DeleteMessage, ChangeMessageVisibility and SendMessage, with kms:Decrypt and kms:GenerateDataKey on its key.
"""
