"""Texts that are handed to an agent or a reviewer: what they say, how they fit, and how others' words stay harmless.

Belongs here: chapters, their order and their limits. Does not: the longer texts themselves (Markdown in
`templates/prompt/`), or who gets which (see `workflow.handover`).
"""
