"""What a manager decides: answers, briefs accepted or rejected, exceptions, what comes next; and syncing that.

Belongs here: commands of the manager's side. Does not: planning and handing out a task.
"""
