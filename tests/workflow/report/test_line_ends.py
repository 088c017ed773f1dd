"""Line ends, `ident` and filters: a file that git calls unmodified is that, and is stored as git stores it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import reading
from agentledger.attention.sections import Section, section_of
from agentledger.git import process
from agentledger.git.stored_form import read_stored_forms
from agentledger.model.work import Copy
from command import run
from desk import Desk
from gitrepo import Repo
from rulecases import BODY

BRIEF = f"---\ntask: x\nowns: ['src/**']\nverify: {{test: 'true'}}\n---\n{BODY}<!-- $Id$ -->\n"
CHECK_IN = (
    "---\r\nat: 2023-11-14T22:20:00Z\r\nstate: working\r\n---\r\n## What changed\r\nIt.\r\n## What's next\r\nMore.\r\n"
    "## Risks and blockers\r\nnone\r\n## What I need from you\r\nnone\r\n"
)
STATUS = ".agentledger/tasks/x/status/20231114T222000Z-0001.md"
COPY = ".agentledger/tasks/x/brief.md"


def autocrlf(repo: Repo) -> None:
    repo.git("config", "core.autocrlf", "true")


def safecrlf(repo: Repo) -> None:
    autocrlf(repo)
    repo.git("config", "core.safecrlf", "true")


def attribute(repo: Repo) -> None:
    repo.commit("main", {".gitattributes": "* text=auto eol=crlf\n"})


def ident(repo: Repo) -> None:
    repo.commit("main", {".gitattributes": "*.md ident\n"})


def a_filter(repo: Repo) -> None:
    repo.commit("main", {".gitattributes": "*.md filter=shout\n"})
    repo.git("config", "filter.shout.clean", "tr 'A-Z' 'a-z'")
    repo.git("config", "filter.shout.smudge", "tr 'a-z' 'A-Z'")


SETTINGS: list[Callable[[Repo], None]] = [autocrlf, safecrlf, attribute, ident]


@pytest.fixture(params=SETTINGS, ids=lambda each: each.__name__)
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    """A task that was handed out in a repository with such a setting; its copy is not what git stores."""
    return handed_out(tmp_path, request.param)


def handed_out(tmp_path: Path, setting: Callable[[Repo], None]) -> Desk:
    repo = Repo.init(tmp_path / "repo")
    repo.commit("main", {"src/a.py": "a = 1\n"})
    repo.commit("agentledger", {"tasks/x/brief.md": BRIEF}, parents=[])
    repo.flush()
    setting(repo)
    repo.flush()
    repo.checkout("main")
    made = run(repo.path, "spawn", "x", "--format", "json")
    assert made.code == 0, made
    agent = Desk(repo, Path(json.loads(made.out)["worktree"]))
    assert (agent.path / COPY).read_bytes() != BRIEF.encode()
    assert agent.git("status", "--porcelain") == ""
    return agent


def test_a_branch_that_was_just_handed_out_asks_for_nothing(desk: Desk) -> None:
    branch = reading.branch(desk.repo)
    assert branch.work is not None
    assert branch.work.copy is Copy.SAME
    assert branch.work.brief is not None
    assert not branch.work.brief.document.source.uncommitted
    assert section_of(branch) is not Section.YOUR_TURN
    assert "brief diff" not in run(desk.repo.path, "board").out


def test_collect_commits_what_changed_as_git_would_and_nothing_else(desk: Desk) -> None:
    before = desk.git("rev-parse", "HEAD")
    assert run(desk.repo.path, "collect", "x").code == 0
    assert desk.git("rev-parse", "HEAD") == before
    (desk.path / STATUS).parent.mkdir(parents=True, exist_ok=True)
    (desk.path / STATUS).write_bytes(CHECK_IN.encode())
    desk.git("add", "-N", ".")
    expected = desk.git("hash-object", f"--path={STATUS}", STATUS).strip()
    desk.git("reset", "-q")
    assert run(desk.repo.path, "collect", "x").code == 0
    assert desk.git("rev-parse", f"HEAD:{STATUS}").strip() == expected
    assert desk.git("diff", "--name-only", "HEAD~1", "HEAD").split() == [STATUS]
    assert (desk.path / STATUS).read_bytes() == CHECK_IN.encode()
    assert desk.git("status", "--porcelain") == ""


def test_report_takes_along_what_was_left_as_git_would_store_it(desk: Desk) -> None:
    (desk.path / STATUS).parent.mkdir(parents=True, exist_ok=True)
    (desk.path / STATUS).write_bytes(CHECK_IN.encode())
    expected = desk.git("hash-object", f"--path={STATUS}", STATUS).strip()
    done = run(desk.path, "report", "--changed", "It.", "--next", "More.", "--format", "json")
    assert done.code == 0, done
    written = json.loads(done.out)["files"]
    assert len(written) == 2
    assert COPY not in written
    assert desk.git("rev-parse", f"HEAD:{STATUS}").strip() == expected
    assert desk.git("status", "--porcelain") == ""


def test_an_edited_copy_is_a_scope_change_by_its_stored_form(desk: Desk) -> None:
    copy = desk.path / COPY
    copy.write_bytes(copy.read_bytes().replace(b"src/**", b"docs/**"))
    branch = reading.branch(desk.repo)
    assert branch.work is not None
    assert branch.work.copy is Copy.SCOPE_CHANGE
    assert branch.work.brief is not None
    blob = branch.work.brief.document.blob
    desk.git("add", COPY)
    assert desk.git("rev-parse", f":{COPY}").strip() == blob


def test_a_filter_changes_nothing_either(tmp_path: Path) -> None:
    """With a filter that is undone at checkout, as for encryption."""
    repo = Repo.init(tmp_path / "repo")
    a_filter(repo)
    repo.commit("main", {"n.md": "low\n"})
    repo.flush()
    repo.checkout("main")
    assert (repo.path / "n.md").read_text() == "LOW\n"
    found = read_stored_forms(process.repository_at(repo.path), repo.path, ["n.md"])
    assert found == {"n.md": b"low\n"}


def test_a_path_that_git_cannot_take_in_a_line_is_left_out(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo")
    repo.git("config", "core.autocrlf", "true")
    for name in ("a\nb", '"q"', "plain"):
        (repo.path / name).write_bytes(b"x\r\n")
    found = read_stored_forms(process.repository_at(repo.path), repo.path, ["a\nb", '"q"', "plain"])
    assert found == {"plain": b"x\n"}
    assert read_stored_forms(process.repository_at(repo.path), repo.path, ["plain", "gone"]) == {}
    assert repo.git("count-objects").startswith("0 objects")
