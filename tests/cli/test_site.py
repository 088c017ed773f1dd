"""`agentledger site` and `agentledger demo`: where they build, what they say, when they build again."""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agentledger.cli import main
from agentledger.cli.building import valid_until
from agentledger.model.fleet import State
from agentledger.model.work import Progress, Standing
from agentledger.reports import shapes
from fleets import NOW, branch, fleet
from gitrepo import Repo

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """main and one agent branch, checked out."""
    made = Repo.init(tmp_path / "shop")
    root = made.commit("main", {"a.txt": "1\n"})
    made.commit("claude/x", {"b.txt": "1\n"}, parents=[root])
    made.checkout()
    return made


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that would have been opened in a browser."""
    addresses: list[str] = []
    keep: Callable[[str], Any] = addresses.append
    monkeypatch.setattr(webbrowser, "open", keep)
    return addresses


def built(repo: Repo, capsys: Captured, *options: str) -> Any:
    """What a build says as JSON, valid by its schema."""
    assert main(["--repo", str(repo.path), "site", "--format", "json", *options]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads(shapes.encode_schema("site")))
    return document


def test_the_site_goes_to_the_top_of_the_repository(
    repo: Repo, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo.path / "deep").mkdir()
    monkeypatch.chdir(repo.path / "deep")
    assert main(["site"]) == 0
    output = capsys.readouterr().out
    assert output.startswith(f"{repo.path.resolve()}/.agentledger-site/index.html: ")
    assert " files written, 0 unchanged, 0 removed\n" in output
    ledger = json.loads((repo.path / ".agentledger-site" / "ledger.json").read_bytes())
    jsonschema.validate(ledger, json.loads(shapes.encode_schema("ledger")))
    assert [entry["name"] for entry in ledger["branches"]] == ["claude/x"]
    assert repo.git("status", "--porcelain") == ""


def test_a_path_is_told_as_one_would_type_it_here(
    repo: Repo, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo.path)
    assert main(["site", "--out", "pages"]) == 0
    assert capsys.readouterr().out.startswith("pages/index.html: ")


def test_a_build_with_nothing_new_writes_nothing(repo: Repo, capsys: Captured) -> None:
    first = built(repo, capsys)
    index = Path(first["index"])
    before = index.stat().st_mtime_ns
    again = built(repo, capsys)
    assert (again["written"], again["unchanged"], again["removed"]) == (0, first["written"], 0)
    assert index.stat().st_mtime_ns == before


def test_a_branch_that_moved_is_built_again_and_one_that_went_is_removed(
    repo: Repo, capsys: Captured
) -> None:
    built(repo, capsys)
    repo.commit("claude/x", {"b.txt": "2\n"})
    repo.flush()
    assert built(repo, capsys)["written"] > 0
    repo.git("branch", "-D", "claude/x")
    assert built(repo, capsys)["removed"] == 1


def test_other_options_are_another_site(repo: Repo, capsys: Captured) -> None:
    built(repo, capsys)
    assert built(repo, capsys, "--no-forecast")["written"] > 0


def test_a_folder_that_is_not_ours_is_refused_and_left_alone(repo: Repo, capsys: Captured) -> None:
    (repo.path / "out").mkdir()
    (repo.path / "out" / "mine.txt").write_text("mine")
    assert main(["site", "--repo", str(repo.path), "--out", str(repo.path / "out")]) == 2
    assert capsys.readouterr().err.startswith("agentledger: ")
    assert [path.name for path in (repo.path / "out").iterdir()] == ["mine.txt"]


def test_a_bare_repository_has_its_site_where_it_is_named(tmp_path: Path, capsys: Captured) -> None:
    bare = Repo.init(tmp_path / "bare.git", bare=True)
    bare.commit("main", {"a.txt": "1\n"})
    bare.flush()
    assert built(bare, capsys, "--out", str(tmp_path / "out"))["index"] == str(
        tmp_path / "out" / "index.html"
    )


def test_the_browser_opens_only_when_asked(repo: Repo, capsys: Captured, opened: list[str]) -> None:
    index = Path(built(repo, capsys)["index"])
    assert opened == []
    assert main(["--repo", str(repo.path), "site", "--open"]) == 0
    assert opened == [index.resolve().as_uri()]


def test_a_site_is_good_until_the_first_open_branch_becomes_dormant() -> None:
    sample = fleet(branch(active_at=NOW - 50), branch(active_at=NOW - 90, state=State.MERGED))
    assert valid_until(sample, 100) == NOW + 51
    assert valid_until(sample, None) is None
    assert valid_until(fleet(), 100) is None


def test_a_site_is_good_until_the_first_agent_is_late() -> None:
    times = {"a": NOW + 7, "b": NOW - 7}
    working = [
        branch(name, standing=Standing(progress=Progress.WORKING, due=at)) for name, at in times.items()
    ]
    assert valid_until(fleet(*working), None) == NOW + 8


def test_the_demo_is_a_repository_with_its_site_and_opens_nothing_in_a_pipe(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, opened: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DISPLAY", ":0")
    assert main(["demo"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    repository = Path(first.partition(": ")[0])
    assert repository.is_relative_to(tmp_path.resolve() / "agentledger-demo")
    assert (tmp_path / second.partition(": ")[0]).is_file()
    assert opened == []
    assert main(["demo", "--open"]) == 0
    assert len(opened) == 1


def test_the_demo_refuses_a_folder_with_something_else(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["demo", str(tmp_path)]) == 2
    assert "hint: " in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
