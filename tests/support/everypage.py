"""Every kind of page, for tests of what holds for all of them.

Belongs here: the sites that have them between them. Does not: what must hold.
"""

from __future__ import annotations

from pathlib import Path

import collidingfleet
import sitefleet as sf
from agentledger.model.conflict import Conflict, ConflictFile, Hunk
from agentledger.model.fleet import Arrival, Branch, By, FilePatch, Loss, State, TakenBack
from agentledger.model.text import decode, encode
from agentledger.site.build import build_site
from command import run
from gitrepo import Repo

HOSTILE = decode(b"claude/\"'><script>alert(1)</script>\xe2\x80\xae\xff")
MANY = 301  # more ended branches than the board lists
LONG = b"@@ -1 +1 @@\n" + b"+0123456789abcde\n" * 250_000  # more than any page shows, so it costs no time


def demo(folder: Path) -> Path:
    """The site of the sample fleet, as commands build it, were its remote on a forge: links come with one."""
    made = run(folder, "demo", "fleet", "--no-open")
    assert made.code == 0, made
    shop = folder / "fleet" / "shop"
    Repo(shop).git("remote", "set-url", "origin", "https://github.com/orchard/shop")
    built = run(shop, "site", "--out", "../site")
    assert built.code == 0, built
    return folder / "fleet" / "site"


def odd(folder: Path) -> Path:
    """A site with what the sample lacks: a diff with a page of its own, very many ended branches, unreadable
    ones, hostile names, and all that two branches can do to each other."""
    conflict = Conflict(False, (ConflictFile(b"<i>\xff", "content", (Hunk(1, encode(HOSTILE)),)),))
    hostile = sf.branch(
        HOSTILE,
        commits=(sf.commit(HOSTILE, trailers=((HOSTILE, HOSTILE),)),),
        changes=(sf.change(encode(HOSTILE)),),
        conflict=conflict,
    )
    long = sf.branch("claude/long", changes=(sf.change("src/a.py"), sf.change("src/long.py", added=250_000)))
    ended = (sf.branch(f"claude/done-{number}", state=State.MERGED) for number in range(MANY))
    lost = sf.branch("claude/lost", state=State.UNREADABLE, state_why="its commit is missing")
    meeting = collidingfleet.branches(HOSTILE)
    alone = sf.fleet(hostile, long, lost, _reverted(), *meeting, *ended, notes=(HOSTILE,))
    given = sf.Given(collidingfleet.collide(alone, HOSTILE))
    given.bodies["claude/long"] = tuple(map(FilePatch, long.changes, (sf.BODY, LONG)))
    build_site(given, folder / "odd", sf.silent, plan=collidingfleet.plan(HOSTILE))
    return folder / "odd"


def _reverted() -> Branch:
    """A branch whose merge base took back."""
    arrival = Arrival(By.MERGE, "4" * 40, "5" * 40, after="4" * 40)
    taken_back = TakenBack(
        loss=Loss.REVERTED, arrival=arrival, commit="6" * 40, alone=True, paths=(b"src/a.py",)
    )
    why = "main took it back in 666666666666 (merged in 444444444444, 1 file)"
    return sf.branch(
        "claude/reverted", state=State.REVERTED, state_why=why, arrival=arrival, taken_back=taken_back
    )


def pages(folder: Path) -> list[Path]:
    """Every page of both sites; of ended branches that differ in nothing but their name, one."""
    found = [*demo(folder).rglob("*.html"), *odd(folder).rglob("*.html")]
    return sorted(page for page in found if "-done-" not in page.name or "-done-0-" in page.name)
