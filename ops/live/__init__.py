"""The live drill: deployed functions are asked to fail, and their alarms, topics and queue are watched.

What a scenario says is read and held against the catalog before anything is touched (`scenario`, `reading`).
Then requests are sent (`requests`, `sender`), states and messages watched (`states`, `mailbox`), what was
expected judged (`expectations`), and all is put back as it was (`clock`, `drill`).
"""
