"""What packets name as showing a criterion, a test or a file of tests or code, and the branch's head does not have.

Belongs here: which words of a packet are such names, and asking git for all branches at once. Does not: what that
means for a claim (see `attention.claims`).

Only a name that can be meant in no other way counts: a path with a folder that the head has, of a file that is a
test or a program. What a command writes, an address, or a path below some other folder is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from agentledger.git.objects import read_object_contents, read_object_info
from agentledger.git.scratch import Scratch
from agentledger.model.fleet import UNMERGED, Branch
from agentledger.model.policy import Policy
from agentledger.model.text import decode, encode
from agentledger.scope.file_role import is_code_path, is_test_path
from agentledger.storage.cache import Cache, Form, get_or_compute

# `tests/login/test_limit.py`, with the names behind `::` that pytest writes.
_NAME = re.compile(r"(?<![\w/:.@-])([\w.@-]+(?:/[\w.@-]+)+\.\w+)((?:::[\w]+)*)")
_MOST_NAMES = 50


class _Name(NamedTuple):
    """A file that a packet names, the test in it ('' for none), and both as they were written."""

    head: str
    path: str
    test: str
    text: str


def attach_unfound_evidence(
    scratch: Scratch, cache: Cache | None, branches: Sequence[Branch], policy: Policy
) -> list[Branch]:
    """Return the branches; each that base lacks has the names of its packet's evidence that its head lacks."""
    names = {b.ref: list(_list_names(b, policy)) for b in branches if b.state in UNMERGED}
    known = get_or_compute(
        cache,
        "evidence names",
        {name: f"{name.head} {name.path}::{name.test}" for each in names.values() for name in each},
        compute=lambda missing: _look_up(scratch, missing),
        form=_FORM,
    )
    return [
        replace(b, unfound_evidence=tuple(name.text for name in names[b.ref] if known.get(name) is False))
        if names.get(b.ref)
        else b
        for b in branches
    ]


def _list_names(branch: Branch, policy: Policy) -> Iterator[_Name]:
    packet = branch.work.packet if branch.work else None
    texts = [text for item in packet.criteria if item.checked for text in item.shown_by] if packet else []
    found = {match[0]: match for text in texts for match in _NAME.finditer(text[:2000])}
    for match in list(found.values())[:_MOST_NAMES]:
        path = encode(match[1])
        if is_test_path(path, policy) or is_code_path(path, policy):
            yield _Name(branch.head, match[1], match[2].rpartition("::")[2], match[0])


def _look_up(scratch: Scratch, names: Sequence[_Name]) -> Mapping[_Name, bool]:
    """Is each there? Nothing is known of a name whose first folder is not there either."""
    files = [f"{name.head}:{name.path}" for name in names]
    folders = [f"{name.head}:{name.path.partition('/')[0]}" for name in names]
    answers = read_object_info(scratch.git, [*files, *folders])
    blobs = dict(zip(names, answers, strict=False))
    rooted = {name for name, answer in zip(names, answers[len(names) :], strict=True) if answer[1] == "tree"}
    wanted = {blobs[name][0] for name in names if name.test and blobs[name][1] == "blob"}
    texts = (
        {oid: decode(text) for oid, text in read_object_contents(scratch.git, sorted(wanted))}
        if wanted
        else {}
    )
    known: dict[_Name, bool] = {}
    for name in names:
        oid, kind, _ = blobs[name]
        if kind != "blob":
            known |= {name: False} if name in rooted and kind == "missing" else {}
        elif not name.test:
            known[name] = True
        elif oid in texts:
            known[name] = re.search(rf"\b{re.escape(name.test)}\b", texts[oid]) is not None
    return known


def _load(row: object) -> bool:
    if not isinstance(row, bool):
        raise TypeError(row)
    return row


_FORM: Form[bool] = Form(lambda found: found, _load)
