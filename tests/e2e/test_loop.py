"""The loop as a manager and two agents go through it: planned, handed out, asked, answered, checked, done.

Belongs here: that the commands work together, in real worktrees with the hooks that `init` installs, and that
every state is seen on the built site. Does not: what each command does besides (see its own tests).
"""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from command import Said, run
from desk import Desk
from gitrepo import Repo

SHOP = {
    "src/auth/login.py": "def login(name):\n    return name\n",
    "src/api/throttle.py": "LIMIT = 5\n",
    "docs/guide.md": "# Guide\n",
    "tests/test_login.py": "from src.auth.login import login\n",
    "README.md": "# Shop\n",
}
LIMITS = (
    *("--owns", "src/auth/**", "--owns", "tests/**", "--mode", "review"),
    *("--why", "Accounts are guessed. Stop if the session store has to change.", "--priority", "1"),
    *(
        "--outcome",
        "The sixth login within a minute answers 429.",
        "--context",
        "src/auth/login.py has it all.",
    ),
    *("--constraints", "No new dependency.", "--non-goals", "No captcha.", "--integration", "None."),
    *("--accept", "the sixth login within a minute is refused", "--verification", "The check below."),
    *("--verify", "limit=grep -q LIMIT src/auth/login.py"),
)
GUIDE = (
    *("--owns", "docs/**", "--why", "Nobody finds the limits. Stop after an hour.", "--mode", "delegate"),
    *("--outcome", "docs/guide.md tells the limits.", "--accept", "the guide names 429"),
    *("--verify", "guide=grep -q 429 docs/guide.md"),
)


class Manager:
    """A person in the main worktree, with a remote, and a site that is built again at every look."""

    def __init__(self, folder: Path) -> None:
        self.repo = Repo.init(folder / "shop")
        self.repo.commit("main", SHOP)
        self.repo.flush()
        self.repo.checkout("main")
        Repo.init(folder / "remote.git", bare=True)
        self.repo.git("remote", "add", "origin", str(folder / "remote.git"))
        self.site = folder / "site"

    def types(self, *arguments: str, code: int = 0) -> Said:
        said = run(self.repo.path, *arguments)
        assert said.code == code, said
        return said

    def sees(self, task: str, *words: str, board: str = "") -> None:
        """The words are on the branch's page, and the branch is in this section of the board."""
        self.types("site", "--out", str(self.site))
        pages = [path.read_text() for path in (self.site / "branch").glob("*.html")]
        page = next(html.unescape(page) for page in pages if f"<title>agent/{task} " in page)
        text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
        for word in words:
            assert word in text, (word, text)
        if board:
            shown = self.types("board").out
            assert re.search(rf"^{board}.*?agent/{task}\b", shown, re.DOTALL | re.MULTILINE), shown


class Agent(Desk):
    """An agent in its worktree."""

    def __init__(self, manager: Manager, task: str) -> None:
        super().__init__(manager.repo, manager.repo.path.parent / "shop.worktrees" / task)

    def types(self, *arguments: str, code: int = 0) -> Said:
        said = run(self.path, *arguments)
        assert said.code == code, said
        return said


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Manager:
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.delenv(name)  # check-ins are of today, and so have commits to be
    return Manager(tmp_path)


@pytest.mark.slow
def test_two_tasks_go_from_plan_to_ready(manager: Manager) -> None:
    repo = manager.repo
    manager.types("init", "--yes")
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "agentledger")
    repo.git("push", "-q", "origin", "main")
    repo.git("fetch", "-q")

    # Planned: two, and a third in files that the first has.
    manager.types("plan", "limit-logins", *LIMITS)
    manager.types("plan", "tell-limits", *GUIDE)
    manager.types("spawn", "limit-logins")
    manager.types("spawn", "tell-limits")
    meets = manager.types("plan", "log-logins", *LIMITS, "--mode", "delegate", "--owns", "src/auth/login.py")
    assert "limit-logins" in meets.out
    refused = manager.types("spawn", "log-logins", code=1)
    assert "OWN004" in refused.out
    assert "meets that of limit-logins, at src/auth/" in refused.out
    first, second = Agent(manager, "limit-logins"), Agent(manager, "tell-limits")
    assert "src/auth/**" in first.types("prompt", "limit-logins").out

    # The plan is a checkpoint: no code before it is approved.
    first.types("report", "--checkpoint", "plan", "--plan", "A counter in memory, reset each minute.")
    manager.sees("limit-logins", "A counter in memory", "plan", board="Your turn")
    first.write("src/auth/login.py", "LIMIT = 5\n")
    assert "STA007" in first.add()
    assert "A counter in memory" in manager.types("next").out
    manager.types("answer", "limit-logins", "Good.", "--decision", "approve", "--checkpoint", "plan")
    assert first.commit() == ""
    manager.sees("limit-logins", "Good.", board="Working")

    # A boundary is crossed, and the commit mended as the message says.
    second.write("docs/guide.md", "# Guide\n429 after five.\n")
    second.write("README.md", "# Shop\nSee the guide.\n")
    said = second.add()
    assert "OWN001" in said
    command = re.search(r"^  next: (git restore .*)$", said, re.MULTILINE)
    assert command is not None
    second.git(*command[1].removeprefix("git ").split())
    assert second.commit() == ""

    # The scope is asked for, and granted.
    brief = second.path / ".agentledger/tasks/tell-limits/brief.md"
    brief.write_text(brief.read_text().replace('"docs/**"', '"docs/**", "README.md"'))
    second.git("add", "-A")
    assert "OWN001" not in second.commit()
    second.types("report", "--need", "May README.md link to the guide?")
    manager.sees("tell-limits", "May README.md link to the guide?", board="Your turn")
    assert "README.md" in manager.types("brief", "diff", "tell-limits").out
    manager.types("brief", "accept", "tell-limits")
    manager.types("answer", "tell-limits", "Yes, one line.")
    assert "Yes, one line." in second.types("report", "--next", "the link").out
    second.write("README.md", "# Shop\nSee the guide.\n")
    assert second.add() == ""

    # A check fails, and is mended.
    assert "limit" in first.types("verify").out
    first.write("src/auth/login.py", "def login(name):\n    return name\n# no more\n")
    assert first.add() == ""
    first.types("verify", code=1)
    manager.sees("limit-logins", "failed")
    first.write("src/auth/login.py", "LIMIT = 5\n\n\ndef login(name):\n    return name\n")
    first.write("tests/test_limit.py", "import src.auth.login\n")
    assert first.add() == ""
    blocked = first.types("done", code=1)
    assert "--summary" in blocked.out
    prose = ("--summary", "Five a minute.", "--why", "Memory will do.", "--risks", "none")
    first.types("done", *prose, "--criterion", "1=tests/test_limit.py")
    manager.sees(
        "limit-logins", "Five a minute.", "Not reviewed", "it says that it is ready", board="Your turn"
    )

    again = manager.types("verify", "--rerun", "limit-logins")
    assert "reproduced" in again.out
    manager.sees("limit-logins", "reproduced")

    # Base moves, and is merged in: what was said of the change still holds.
    (repo.path / "src/api/throttle.py").write_text("LIMIT = 6\n")
    repo.git("commit", "-q", "-a", "-m", "six")
    first.git("merge", "-q", "--no-edit", "main")
    ready = run(repo.path, "check", "--branch", "agent/limit-logins", "--gate", "ready")
    assert ready.code == 0, ready
    assert "PKT004" not in ready.out
    first.git("push", "-q", "origin", "agent/limit-logins")

    prose = ("--summary", "The guide tells them.", "--why", "It is where they look.", "--risks", "none")
    second.types("done", *prose, "--criterion", "1=docs/guide.md names 429", "--no-tests", "words only")
    manager.sees("tell-limits", "The guide tells them.", board="Your turn")
    manager.sees("limit-logins", "Five a minute.", board="Your turn")
    manager.types("sync")
    for desk in (first, second):
        assert desk.git("status", "--porcelain") == ""
    repo.git("fsck", "--strict")
