"""The live drill: deployed functions are asked to fail, and their alarms, topics and queue are watched.

A scenario is held against the catalog and what is deployed before anything is touched (`preparation`). Then
requests are sent (`sender`), states and messages watched (`states`, `mailbox`), expectations judged as those
of a rehearsal (`drill.assertions`), and all is put back (`clock`, `drill`).

Besides reading Terraform's state, it calls lambda:GetFunctionConfiguration and lambda:InvokeFunction on the
services' functions, cloudwatch:DescribeAlarms, and on the alarm queue sqs:GetQueueAttributes, ReceiveMessage,
DeleteMessage, ChangeMessageVisibility and SendMessage, with kms:Decrypt and kms:GenerateDataKey on its key.
"""
