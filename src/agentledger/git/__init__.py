"""The only door to git: starting it, questions to the user's repository, and objects through the sealed directory.

Belongs here: one small function a question, bytes in and bytes out, any number of inputs to one process. Does not:
what an answer means for a branch or a task (`changes`, `fleet`).
"""
