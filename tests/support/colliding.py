"""A repository in which branches collide in every way that there is, built once for several test modules.

Belongs here: that repository. Does not: what is said of it.
"""

from __future__ import annotations

from pathlib import Path

from gitrepo import Commit, Content, Repo
from writing import brief, check_in

TEN = [f"line {number}" for number in range(10)]
ODD = "agent/\u202egnp.exe"


def lines(**changed: str) -> str:
    """Ten lines, some of them changed: `l3="new"` is the one of number 3."""
    return "".join(changed.get(f"l{number}", line) + "\n" for number, line in enumerate(TEN))


def build(path: Path) -> Repo:
    """Main, and branches of which each is named for what becomes of it."""
    repo = Repo.init(path)
    policy = 'dormant = "9999d"\n[paths]\nopen = ["CHANGELOG.md"]\n'
    root = repo.commit(
        "main",
        {
            ".agentledger/config.toml": policy,
            "src/a.py": lines(),
            "src/b.py": lines(),
            "src/held.py": lines(),
            "CHANGELOG.md": lines(),
            "uv.lock": lines(),
        },
    )
    repo.commit("main", {"src/held.py": lines(l0="base")})
    for name, files in _branches().items():
        repo.commit(name, files, parents=[root])
    stacked = repo.commit("agent/below", {"src/b.py": lines(l1="below")}, parents=[root])
    repo.commit("agent/below", {"src/b.py": lines(l1="further")})
    repo.commit("agent/above", {"src/b.py": lines(l1="above")}, parents=[stacked])
    _add_tasks(repo, root)
    repo.checkout("main")
    return repo


def _branches() -> dict[str, dict[str, Content]]:
    return {
        "agent/one": {"src/a.py": lines(l1="one", l5="uno")},
        "agent/two": {"src/a.py": lines(l1="two")},
        "agent/beside": {"src/a.py": lines(l9="beside")},
        ODD: {"src/a.py": lines(l5="\x1b[31modd")},
        "agent/held": {"src/held.py": lines(l0="held")},
        "agent/log-a": {"CHANGELOG.md": lines(l0="a")},
        "agent/log-b": {"CHANGELOG.md": lines(l0="b")},
        "agent/lock-a": {"uv.lock": lines(l0="a")},
        "agent/lock-b": {"uv.lock": lines(l0="b")},
        "agent/alone": {"docs/alone.md": "1\n"},
    }


def _add_tasks(repo: Repo, root: Commit) -> None:
    """Four tasks: p and q collide, r has two attempts, and s may change what p may."""
    owns = {"p": ["lib/p*"], "q": ["app/**"], "r": ["web/**"], "s": ["lib/*s"]}
    briefs: dict[str, Content] = {
        f"tasks/{task}/brief.md": brief(task, owns=each) for task, each in owns.items()
    }
    repo.commit("agentledger", briefs, parents=[])
    repo.commit("agent/p", {"lib/shared": "p\n"}, parents=[root])
    repo.commit("agent/q", {"lib/shared": "q\n"}, parents=[root])
    repo.commit("agent/s", {"lib/own": "s\n"}, parents=[root])
    for number, name in enumerate(("agent/r", "agent/r-2")):
        repo.commit(
            name,
            {"web/r": f"{number}\n", ".agentledger/tasks/r/status/20231114T222000Z-0001.md": check_in()},
            parents=[root],
        )
