"""Texts that are handed to an agent or a reviewer: what they hold, how they fit, and how others' words stay harmless.

Belongs here: chapters, their order and their limits. Does not: who gets which text (`workflow.handover`).
"""
