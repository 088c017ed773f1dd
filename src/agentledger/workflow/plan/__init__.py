"""A task's brief: drafted from flags, a file or an editor, checked against the fleet, and kept.

Belongs here: `plan`. Does not: handing it out (`workflow.spawn`).
"""
