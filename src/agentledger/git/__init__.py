"""The only door to git: it starts git, asks the user's repository, and reads objects in a sealed directory.

Belongs here: one small function a question, bytes in and bytes out, any number of inputs to one process. Does
not: what an answer means for a branch or a task (see `changes`, `fleet`).
"""
