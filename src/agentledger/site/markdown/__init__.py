"""Markdown of a branch as safe HTML: rendered in processes that can be ended, and checked afterwards.

Belongs here: what may be in the markup, and the processes. Does not: where a text stands on a page.
"""
