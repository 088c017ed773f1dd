"""What a manager decides while agents work: answers, briefs accepted or rejected, exceptions; and syncing that.

Belongs here: the manager's commands once a task is handed out. Does not: planning a task and handing it out (see
`workflow.plan`, `workflow.spawn`).
"""
