"""What a sync of the control branch did, as text and as JSON.

Belongs here: words and keys. Does not: the sync (see `workflow.manage.sync`).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agentledger.control.control_files import Moved, Synced
from agentledger.model.text import encode, escape_hidden, format_count, format_path
from agentledger.reports import shapes_commands


def encode_sync(done: Synced) -> bytes:
    """The document that `agentledger schema sync` describes, UTF-8 with a newline at the end."""
    shape = shapes_commands.Sync(
        version=1,
        kind="sync",
        dry_run=False,
        branch=_json_text(done.branch),
        remote=_json_text(done.remote),
        ref=_json_text(f"refs/heads/{done.branch}"),
        remote_ref=_json_text(f"refs/remotes/{done.remote}/{done.branch}"),
        head=done.head,
        local_before=done.local_before,
        remote_before=done.remote_before,
        merge=done.merge,
        fetched=_shape_moved(done.fetched),
        pushed=_shape_moved(done.pushed),
        kept=tuple(shapes_commands.Kept(_json_text(path), _json_text(beside)) for path, beside in done.kept),
        notes=tuple(map(_json_text, done.notes)),
    )
    return msgspec.json.encode(shape) + b"\n"


def render_sync(done: Synced) -> str:
    """Lines for a person: what was fetched, what was pushed, and which local versions were replaced."""
    return "\n".join(_describe_sync(done))


def _describe_sync(done: Synced) -> Iterator[str]:
    name, remote = escape_hidden(done.branch), escape_hidden(done.remote)
    if done.head:
        moves = [
            f"{verb} {format_count(len(moved.commits), 'commit')} ({format_count(len(moved.paths), 'file')})"
            for verb, moved in (("fetched", done.fetched), ("pushed", done.pushed))
            if moved.commits
        ]
        yield f"{name}, with {remote}: {', '.join(moves) or 'nothing new'}"
    if done.merge:
        yield f"The two copies had diverged; {done.merge[:12]} merges them."
    for path, beside in done.kept:
        saved_as = f"yours is kept as {escape_hidden(beside)}"
        yield f"{escape_hidden(path)}: both had changed it. {remote}'s counts; {saved_as}"
    yield from done.notes


def _shape_moved(moved: Moved) -> shapes_commands.Moved:
    return shapes_commands.Moved(commits=moved.commits, paths=tuple(map(_json_text, moved.paths)))


def _json_text(text: str) -> str:
    """The text as valid UTF-8; bytes that are not become `\\xNN`."""
    return format_path(encode(text))
