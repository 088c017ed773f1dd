"""Random branches, some of them squash-merged by git while base moves on: exactly those are absorbed.

Belongs here: the property. The single cases are in `test_absorbed`.
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agentledger.model.fleet import State
from gitrepo import Repo
from reading import fleet, named

Texts = dict[str, list[str]]
BRANCHES = 6


def edited(dice: random.Random, texts: Texts, word: str, times: int) -> Texts:
    """The texts with some lines replaced, inserted or dropped."""
    new = {path: list(lines) for path, lines in texts.items()}
    for number in range(times):
        lines = new[dice.choice(sorted(new))]
        at = dice.randrange(len(lines))
        new_lines = dice.choice(([], [f"{word} {number}"], [f"{word} {number}"]))
        lines[at : at + dice.choice((0, 1, 1, 1))] = new_lines
    return new


def joined(texts: Texts) -> dict[str, str]:
    return {path: "".join(f"{line}\n" for line in lines) for path, lines in texts.items()}


def move_base(repo: Repo, dice: random.Random, paths: Texts, step: int) -> None:
    """A commit of base's own."""
    now = {path: (repo.path / path).read_text().splitlines() for path in paths}
    for path, text in joined(edited(dice, now, f"base {step}", 2)).items():
        (repo.path / path).write_text(text)
    repo.git("commit", "--quiet", "--allow-empty", "--all", "--message", f"base {step}")


def squash(repo: Repo, name: str) -> str | None:
    """The commit that lands a branch, as forges do it; None when it conflicts or comes to nothing."""
    merged = repo.exit_code("merge", "--quiet", "--squash", name) == 0
    if merged and repo.exit_code("diff", "--cached", "--quiet"):
        repo.git("commit", "--quiet", "--message", f"Land {name}")
        return repo.git("rev-parse", "HEAD")
    repo.git("reset", "--quiet", "--hard")
    return None


@settings(max_examples=4)
@given(seed=st.integers(0, 10**6))
def test_exactly_the_squashed_branches_are_absorbed(seed: int) -> None:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        repo = Repo.init(Path(folder) / "r")
        texts = {f"f{number}": [f"{number} {line}" for line in range(30)] for number in range(4)}
        root = repo.commit("main", joined(texts))
        for number in range(BRANCHES):
            work = joined(edited(dice, texts, f"own {number}", dice.randrange(1, 5)))
            repo.commit(f"agent/{number}", work | {f"{number}.txt": "new\n"}, parents=[root])
        repo.checkout()
        landed: dict[str, str] = {}
        for step in range(10):
            name = f"agent/{dice.randrange(BRANCHES)}"
            if dice.random() < 0.5 or name in landed:
                move_base(repo, dice, texts, step)
            elif commit := squash(repo, name):
                landed[name] = commit
            if step % 4 == 0:
                fleet(repo)  # what it remembers of this must not mislead the last look
        branches = named(fleet(repo)).values()
        assert {b.name: b.same_as for b in branches if b.state is State.ABSORBED} == landed
        assert {b.state for b in branches} <= {State.OPEN, State.ABSORBED}
