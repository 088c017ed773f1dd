"""The pull-request template that `agentledger init` writes: where the forge looks, if there is none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import clones
from agentledger.documents import packet, templates
from agentledger.storage import resources
from clones import init, made
from gitrepo import Repo

GITHUB = ".github/pull_request_template.md"
FORGES = {
    "git@github.com:o/r.git": GITHUB,
    "https://gitlab.example.org/o/r.git": ".gitlab/merge_request_templates/Default.md",
    "ssh://git@codeberg.org/o/r": ".gitea/pull_request_template.md",
    "https://forgejo.example.org/o/r": ".gitea/pull_request_template.md",
}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return made(tmp_path / "repo")


def ours() -> bytes:
    return (resources.resource_folder("templates") / "init/pull_request_template.md").read_bytes()


def on_github(repo: Repo) -> None:
    repo.git("remote", "add", "origin", "git@github.com:o/r.git")


@pytest.mark.parametrize(("address", "path"), FORGES.items(), ids=FORGES.values())
def test_it_goes_where_the_forge_looks_and_out_again(repo: Repo, address: str, path: str) -> None:
    repo.git("remote", "add", "origin", address)
    assert path in init(repo.path)
    assert (repo.path / path).read_bytes() == ours()
    assert "all of it is there already" in init(repo.path)
    init(repo.path, "--uninstall")
    assert not (repo.path / path).parent.exists()


def test_without_a_forge_it_is_written_on_request_only(repo: Repo) -> None:
    init(repo.path)
    assert not (repo.path / ".github").exists()
    init(repo.path, "--pr-template")
    assert (repo.path / GITHUB).read_bytes() == ours()


def test_with_a_forge_it_can_be_done_without(repo: Repo) -> None:
    on_github(repo)
    init(repo.path, "--no-pr-template")
    assert not (repo.path / ".github").exists()


@pytest.mark.parametrize(
    "path",
    [
        "PULL_REQUEST_TEMPLATE.md",
        "Pull_Request_Template.txt",
        "docs/pull_request_template.md",
        ".github/PULL_REQUEST_TEMPLATE.MD",
        ".github/PULL_REQUEST_TEMPLATE/feature.md",
        "PULL_REQUEST_TEMPLATE/a.md",
        ".gitea/pull_request_template.yaml",
        ".forgejo/pull_request_template.md",
        ".gitlab/merge_request_templates/bug.md",
    ],
)
def test_a_template_of_the_repositorys_own_stays_wherever_it_is(repo: Repo, path: str) -> None:
    on_github(repo)
    (repo.path / path).parent.mkdir(parents=True, exist_ok=True)
    (repo.path / path).write_text("## Mine\n")
    said = init(repo.path)
    assert "stays as it is; agentledger packet --pr-body fills it in" in said
    assert (repo.path / path).read_text() == "## Mine\n"
    found = [p for p in repo.path.rglob("*") if p.is_file() and p.read_bytes() == ours()]
    assert found == []


@pytest.mark.parametrize(
    "path", ["docs/notes.md", "docs/my_pull_request_template.md", ".github/workflows/ci.yml"]
)
def test_other_files_are_no_templates(repo: Repo, path: str) -> None:
    on_github(repo)
    (repo.path / path).parent.mkdir(parents=True, exist_ok=True)
    (repo.path / path).write_text("x\n")
    init(repo.path)
    assert (repo.path / GITHUB).read_bytes() == ours()


def test_one_that_only_base_has_counts(repo: Repo) -> None:
    on_github(repo)
    repo.git("branch", "feature", "main")
    repo.commit("main", {"docs/PULL_REQUEST_TEMPLATE.md": "## Mine\n"})
    repo.flush()
    repo.git("switch", "-q", "feature")
    assert "docs/PULL_REQUEST_TEMPLATE.md stays as it is" in init(repo.path)
    assert not (repo.path / ".github").exists()


def test_what_was_changed_or_committed_since_stays(repo: Repo) -> None:
    on_github(repo)
    init(repo.path)
    (repo.path / GITHUB).write_text("## Mine\n")
    assert "was changed since" in init(repo.path, "--uninstall")
    assert (repo.path / GITHUB).read_text() == "## Mine\n"
    (repo.path / GITHUB).unlink()
    init(repo.path)
    assert clones.git(repo.path, "add", ".github").code == 0
    assert clones.git(repo.path, "commit", "-q", "-m", "template").code == 0
    assert "is in git, and stays" in init(repo.path, "--uninstall")
    assert (repo.path / GITHUB).read_bytes() == ours()


def test_nothing_is_written_outside_of_the_work_tree(repo: Repo, tmp_path: Path) -> None:
    on_github(repo)
    (tmp_path / "elsewhere").mkdir()
    (repo.path / ".github").symlink_to(tmp_path / "elsewhere")
    assert "outside of this work tree" in init(repo.path)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_its_headings_are_the_packets_and_nothing_else_is_shown() -> None:
    text = ours().decode()
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == list(packet.SECTIONS)
    assert headings == re.findall(r"^## (.+)$", templates.read_template("packet").decode(), re.MULTILINE)
    shown = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    assert [line for line in shown.splitlines() if line.strip() and not line.startswith("## ")] == []
