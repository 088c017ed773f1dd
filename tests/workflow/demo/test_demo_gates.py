"""The sample fleet has its gates on, in its own clone alone, whatever the user has configured for all repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import run
from desk import Desk
from gitrepo import Repo


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """The demo, made and visited by somebody with hooks of their own for every repository."""
    own = tmp_path / "gitconfig"
    own.write_text(f"[core]\n\thooksPath = {tmp_path}/everywhere\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(own))
    assert run(tmp_path, "demo", "fleet", "--no-open").code == 0
    assert own.read_text() == f"[core]\n\thooksPath = {tmp_path}/everywhere\n"
    assert not (tmp_path / "everywhere").exists()
    return Repo(tmp_path / "fleet/shop")


def test_doctor_shows_them_on(shop: Repo) -> None:
    worktree = shop.path.parent / "shop.worktrees/pick-lists"
    for place in (shop.path, worktree):
        lines = run(place, "doctor").out.splitlines()
        for name in ("pre-commit", "pre-merge-commit", "pre-push"):
            assert any(line.startswith(f"on, as advice  native {name}: ") for line in lines), lines


def test_a_visitor_meets_one(shop: Repo) -> None:
    desk = Desk(shop, shop.path.parent / "shop.worktrees/pick-lists")
    desk.git("config", "user.email", "v@example.com")
    desk.write("README.md", "mine\n")
    assert "OWN001" in desk.add()
    # A person's branch is nobody's to stop.
    here = Desk(shop, shop.path)
    here.write("README.md", "mine\n")
    assert here.add() == ""


def test_init_there_adds_the_rest_and_takes_all_of_it_back(shop: Repo) -> None:
    assert run(shop.path, "init", "--yes").code == 0
    assert run(shop.path, "init", "--uninstall").code == 0
    assert not (shop.path / ".git/hooks/pre-commit").exists()
    assert "hooksPath" not in (shop.path / ".git/config").read_text()
