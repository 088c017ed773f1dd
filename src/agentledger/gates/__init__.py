"""Adapters between git's hooks and the rules: what a hook is given, and what it answers.

Belongs here: the hook's surroundings, reading just what one branch needs, exit codes. Does not: rules, or
reading a whole fleet. Nothing on the way of a commit imports a third-party package.
"""
