"""Markdown from a branch as safe HTML: rendered in processes that can be killed, and checked afterwards.

Belongs here: what the markup may contain, and the processes. Does not: where a text is on a page (see
`site.task_view` and `site.feed`).
"""
