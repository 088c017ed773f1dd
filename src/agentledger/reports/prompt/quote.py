"""Makes text by others fit for a prompt: fenced, and with nothing hidden in it.

Belongs here: fences, code spans, escapes, sizes. Does not: what is quoted, or what is said above it.

Whoever reads a prompt does what it says, and text on a branch may have been written to be obeyed. So a quote
never reaches beyond its fence, whatever it contains.
"""

from __future__ import annotations

import re

from agentledger.model.text import HIDDEN, decode, escape_hidden

# Besides what `model.text.escape_hidden` escapes: variation selectors, which can spell out any text unseen. The
# one that makes an emoji of a character (U+FE0F) stays.
_SELECTORS = "[\ufe00-\ufe0e\U000e0100-\U000e01ef]"
_UNSEEN = re.compile(f"(?![\n\t])(?:{HIDDEN.pattern}|{_SELECTORS})")
_PLAIN = bytes(range(0x20, 0x7F)) + b"\t\n"
_TICKS = re.compile("`+")
LONGEST_RUN = 40  # backticks in a row; a fence is longer still, and must not fill the prompt
_RUNS = re.compile(f"`{{{LONGEST_RUN + 1},}}")
SPAN = 200  # characters of a name in the middle of a sentence
SHORT = 80  # of one in the first lines, which are never left out


def utf8_size(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode())


def reveal_hidden(text: str | bytes) -> str:
    """Lines of text in which everything hidden is spelled out: `\\u{202E}`, `\\x1b`, bad bytes as `\\xNN`."""
    lines = decode(text) if isinstance(text, bytes) else text
    lines = lines.replace("\r\n", "\n")
    # Most text is plain ASCII, which one pass in C can tell.
    plain = lines.isascii() and not lines.encode().translate(None, _PLAIN)
    spelled = lines if plain else _UNSEEN.sub(_spell_out, lines)
    return _RUNS.sub(lambda run: f"{'`' * LONGEST_RUN}[and {len(run[0]) - LONGEST_RUN} more]", spelled)


def _spell_out(match: re.Match[str]) -> str:
    return f"\\u{{{ord(match[0]):04X}}}" if re.match(_SELECTORS, match[0]) else escape_hidden(match[0])


def quote_text(text: str | bytes) -> str:
    """The body of a quote: the text with everything hidden spelled out, without empty lines around it."""
    return reveal_hidden(text).strip("\n")


def fence_line(text: str) -> str:
    """A line of backticks longer than any in the text, so that nothing in it can end the quote."""
    runs = _TICKS.findall(text) if "````" in text else ()  # looking for a fixed string takes no time
    return "`" * max(4, 1 + max(map(len, runs), default=0))


def code_span(text: str | bytes, most: int = SPAN) -> str:
    """A name or a command within a sentence, as a code span on one line; what is longer is cut."""
    name = re.sub(_SELECTORS, _spell_out, escape_hidden(text))
    name = name if len(name) <= most else f"{name[: most - 1]}…"
    ticks = "`" * (1 + max(map(len, _TICKS.findall(name)), default=0))
    blank = " " if name.startswith("`") or name.endswith("`") or not name else ""
    return f"{ticks}{blank}{name}{blank}{ticks}"


def start_of(text: str, room: int) -> str:
    """The first lines that fit in so many bytes; part of a line where that is all that does."""
    raw = text.encode()
    if len(raw) <= room:
        return text
    cut = raw[: max(room, 0)]
    lines = cut[: cut.rfind(b"\n") + 1]
    return (lines if len(lines) * 2 > len(cut) else cut).decode("utf-8", "ignore").removesuffix("\n")


def end_of(text: str, room: int) -> str:
    """The last lines that fit in so many bytes; a log says at its end what went wrong."""
    raw = text.encode()
    if len(raw) <= room:
        return text
    cut = raw[len(raw) - max(room, 0) :]
    lines = cut[cut.find(b"\n") + 1 :]
    return (lines if len(lines) * 2 > len(cut) else cut).decode("utf-8", "ignore")


def hunks_of(patch: str, room: int) -> str:
    """A patch in so many bytes: a fair share of each hunk; where they are too many, of the largest ones.

    No line of a patch begins with “…”, so none can pretend to be a mark of ours.
    """
    if utf8_size(patch) <= room:
        return patch
    hunks = re.split("\n(?=@@)", patch)
    sizes = [utf8_size(hunk) + 1 for hunk in hunks]
    order = sorted(range(len(hunks)), key=lambda index: -sizes[index])
    shares = share_room([sizes[index] for index in order], room - _MARK, least=_HUNK)
    rooms = dict(zip(order, shares, strict=True))
    shown_hunks = [_cut_hunk(hunk, rooms[index]) for index, hunk in enumerate(hunks) if rooms[index]]
    left = len(hunks) - len(shown_hunks)
    return "\n".join([*shown_hunks, *([f"… {left:,} more hunks"] if left else [])])


_MARK = 60  # bytes that a mark of what was left out can take
_HUNK = 400  # bytes of a hunk with its header and mark: with less it shows nothing


def _cut_hunk(hunk: str, room: int) -> str:
    if utf8_size(hunk) < room:
        return hunk
    begun = start_of(hunk, room - _MARK)
    left = hunk.count("\n") - begun.count("\n")
    return f"{begun}\n… {left:,} more lines of this hunk" if left else f"{begun}\n… the rest of this line"


def share_room(sizes: list[int], room: int, least: int = 0) -> list[int]:
    """Divide the room among these sizes: none gets more than it needs, and those that need more get equal shares.

    Where not every one can have `least` bytes, the last ones get nothing.
    """
    shares, taken, count = [0] * len(sizes), 0, 0
    for size in sizes:
        taken += min(size, least)
        if taken > room:
            break
        count += 1
    left = room
    for done, index in enumerate(sorted(range(count), key=sizes.__getitem__)):
        shares[index] = min(sizes[index], left // (count - done))
        left -= shares[index]
    return shares
