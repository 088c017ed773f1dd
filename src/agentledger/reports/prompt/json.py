"""Writes a prompt as a JSON document.

Belongs here: filling in its keys (see `reports.shapes_commands`). Does not: making the prompt (see `assemble`).
"""

from __future__ import annotations

import msgspec

from agentledger.model.text import encode, format_path
from agentledger.reports import shapes_commands
from agentledger.reports.prompt.assemble import Prompt
from agentledger.reports.prompt.quote import utf8_size


def encode_prompt(prompt: Prompt, kind: str, limit: int) -> bytes:
    """The JSON document, UTF-8 with a newline at the end."""
    shape = shapes_commands.Prompt(
        version=1,
        kind="prompt",
        task=format_path(encode(prompt.task)),
        branch=format_path(encode(prompt.branch)) if prompt.branch else None,
        purpose=kind,
        limit=limit,
        bytes=utf8_size(prompt.text),
        text=prompt.text,
        left_out=tuple(
            shapes_commands.LeftOut(each.what, each.bytes, each.size, each.command or None)
            for each in prompt.left_out
        ),
        notes=prompt.notes,
    )
    return msgspec.json.encode(shape) + b"\n"
