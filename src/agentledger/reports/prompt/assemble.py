"""Makes a prompt of a bounded size: parts, each quoting pieces of text, cut fairly where not all of it fits.

Belongs here: fitting parts into so many bytes, and naming what was left out. Does not: what a prompt says
(see `task`, `resume`, `review`), or how a quote is made harmless (see `quote`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agentledger.reports.prompt.quote import (
    code_span,
    end_of,
    fence_line,
    hunks_of,
    share_room,
    start_of,
    utf8_size,
)

LIMIT = 60_000
LEAST_LIMIT = 4_000  # below that, little more than headings would be left
LONGEST_COMMAND = 300  # characters; a longer one is replaced by one that shows more than was asked for

_LEAST = 500  # bytes of a piece with its frame; with less it is left out
_BODY = 80  # bytes of a quote within its frame

CUTS: dict[str, Callable[[str, int], str]] = {"start": start_of, "end": end_of, "hunks": hunks_of}


class Left(NamedTuple):
    """What a prompt leaves out: `bytes` of the `size` of `what`, and the command that shows all of it."""

    what: str
    bytes: int
    size: int
    command: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """The text, no longer than its limit, and the task and branch that it is about.

    `branch` is None where nobody has begun, or several have. `notes` are for whoever hands the text over.
    """

    text: str
    left_out: tuple[Left, ...] = ()
    notes: tuple[str, ...] = ()
    task: str = ""
    branch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A text by others, made harmless by `quote.quote_text`."""

    #: Its name in the list of what was left out.
    what: str
    text: str
    #: Shows all of it.
    command: str = ""
    #: A line of our own above it.
    label: str = ""
    #: A key of CUTS: what of it stays where it is cut.
    keep: str = "start"
    #: Bytes that it gets at first where not everything fits; more if there is room.
    most: int = 1 << 30

    def whole(self) -> str:
        """The text in its frame, uncut."""
        return self._add_frame(self.text)

    def within(self, room: int) -> tuple[str, Left | None]:
        """As much of it as fits in so many bytes, and what does not."""
        if utf8_size(self.whole()) <= room:
            return self.whole(), None
        size = utf8_size(self.text or self.label)
        frame = utf8_size(self._add_frame("")) + utf8_size(self._cut_note(size, size))
        if room - frame < _BODY:
            return "", Left(self.what, size, size, self.command)
        body = CUTS[self.keep](self.text, room - frame)
        left = max(size - utf8_size(body), 1)
        return self._add_frame(body) + self._cut_note(size - left, size), Left(
            self.what, left, size, self.command
        )

    def _add_frame(self, body: str) -> str:
        label = f"{self.label}\n\n" if self.label else ""
        if not self.text:
            return label
        line = fence_line(self.text)
        return f"{label}{line}text\n{body}\n{line}\n\n"

    def _cut_note(self, shown: int, size: int) -> str:
        how = f"; all of it: {_format_command(self.command)}" if self.command else ""
        return f"(Cut: {shown:,} of {size:,} bytes are shown{how})\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A chapter."""

    title: str
    #: Text of our own, which is never cut.
    words: str = ""
    pieces: tuple[Piece, ...] = ()
    #: Shows what the chapter is about, where the whole of it is left out.
    command: str = ""
    #: Where not everything fits, parts of a lower rank come first.
    rank: int = 1
    #: Percent of the room that it gets before the rest is given to those that need more.
    share: int = 10
    #: Bytes; a piece with less room is left out.
    least: int = _LEAST

    def whole(self) -> str:
        """The chapter, uncut."""
        return self._head() + "".join(each.whole() for each in self.pieces)

    def within(self, room: int) -> tuple[str, list[Left]]:
        """As much of it as fits in so many bytes, and what does not."""
        size = utf8_size(self.whole())
        if size <= room:
            return self.whole(), []
        left = room - utf8_size(self._head())
        if left < (self.least if self.pieces else 0):
            return "", [Left(self.title, size, size, self.command)]
        fitted = [
            each.within(share) for each, share in zip(self.pieces, self._rooms_of_pieces(left), strict=True)
        ]
        texts = [text for text, _ in fitted]
        return "".join([self._head(), *texts]), [lost for _, lost in fitted if lost]

    def _head(self) -> str:
        words = f"{self.words.strip()}\n\n" if self.words.strip() else ""
        return f"## {self.title}\n\n{words}"

    def _rooms_of_pieces(self, room: int) -> list[int]:
        """Fair shares of what each may have at first, then of what is left, for those that got some."""
        sizes = [utf8_size(each.whole()) for each in self.pieces]
        first = [min(size, each.most) for size, each in zip(sizes, self.pieces, strict=True)]
        shares = share_room(first, room, self.least)
        missing = [share and size - share for share, size in zip(shares, sizes, strict=True)]
        extras = share_room(missing, room - sum(shares))
        return [share + extra for share, extra in zip(shares, extras, strict=True)]


def compose_prompt(opening: str, parts: Sequence[Part], limit: int, again: str = "") -> Prompt:
    """The prompt: the opening uncut, then the parts in this order, in at most `limit` bytes (LEAST_LIMIT or more).

    `again` is the command that makes the same prompt, with `{limit}` for a limit: it shows what has no command of
    its own.
    """
    full_text = opening + "".join(part.whole() for part in parts)
    if utf8_size(full_text.rstrip("\n")) < limit:
        return Prompt(full_text.rstrip("\n") + "\n")
    start = (
        f"{opening}Not all of it fits in {limit:,} bytes; the end of this text names what is left out.\n\n"
    )
    reserve = min(max(limit // 8, 500), 4_000)
    texts, lost = _fit_parts(parts, limit - utf8_size(start) - reserve)
    text = start + "".join(texts)
    everything = again.replace("{limit}", str(utf8_size(full_text)))
    lost = [each if each.command else each._replace(command=everything) for each in lost]
    left_out = _list_left_out(lost, limit - utf8_size(text) - 1)
    return Prompt(f"{text}{left_out}\n", tuple(lost))


def _fit_parts(parts: Sequence[Part], room: int) -> tuple[list[str], list[Left]]:
    """The text of each part, all together within the room, and what was left out, in order of parts."""
    sizes = [utf8_size(part.whole()) for part in parts]
    order = sorted(range(len(parts)), key=lambda index: parts[index].rank)
    rooms, left = [0] * len(parts), room
    for full in (False, True):
        for index in order:
            # What is only words is of no use in part.
            most = sizes[index] if full or not parts[index].pieces else room * parts[index].share // 100
            more = min(sizes[index] - rooms[index], max(most - rooms[index], 0), left)
            if parts[index].pieces or more == sizes[index]:
                rooms[index] += more
                left -= more
    texts, lost = [""] * len(parts), dict[int, list[Left]]()
    for index in order:
        texts[index], lost[index] = parts[index].within(rooms[index] + left)
        left += rooms[index] - utf8_size(texts[index])
    return texts, [each for index in sorted(lost) for each in lost[index]]


def _list_left_out(lost: Sequence[Left], room: int) -> str:
    """What was left out, a line each while they fit, and the sum of the rest."""
    text = "## Left out of this text\n\n"
    for done, each in enumerate(lost):
        line = f"- {each.what}: {each.bytes:,} of {each.size:,} bytes{_describe_command(each.command)}\n"
        left = lost[done:]
        more = f"- and {len(left):,} more, {sum(r.bytes for r in left):,} bytes: ask for a higher `--limit`\n"
        if utf8_size(text) + utf8_size(line) + (utf8_size(more) if left[1:] else 0) > room:
            return text + more.removesuffix("\n")
        text += line
    return text.removesuffix("\n")


def _describe_command(command: str) -> str:
    return f"; {_format_command(command)}" if command else ""


def _format_command(command: str) -> str:
    """A command as it can be copied: whoever makes one keeps it short."""
    return code_span(command, LONGEST_COMMAND)
