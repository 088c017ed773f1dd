"""What became of base's single tests on a branch: their text, the test that took their place, and the word for it.

Belongs here: values and texts in, words out; no git, no files, no processes. Does not: running tests (see
`workflow.verify`), reading reports (see `running.named_results`), or counting lines (see `changes.static_facts`).
"""
