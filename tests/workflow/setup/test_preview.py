"""`agentledger init --dry-run`: what a person wants to see first, all of it, and nothing written."""

from __future__ import annotations

from pathlib import Path

from clones import everything, hook, husky, init, made


def part(shown: str, title: str) -> list[str]:
    """The lines below a title, without their margin."""
    lines = shown.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(title)) + 1
    end = next(number for number in range(start, len(lines)) if not lines[number])
    return [line.removeprefix("  ") for line in lines[start:end]]


def test_new_files_with_their_text_changed_ones_as_a_diff(tmp_path: Path) -> None:
    repo = made(tmp_path / "r")
    (repo.path / "AGENTS.md").write_text("# Ours\n\nBe kind.\n")
    before = everything(repo.path)
    shown = init(repo.path, "--dry-run", "--pr-template")
    assert everything(repo.path) == before
    files = part(shown, "files in the work tree")
    init(repo.path, "--pr-template")
    for name in (
        ".agentledger/config.toml",
        ".agentledger/.gitattributes",
        ".github/pull_request_template.md",
    ):
        text = (repo.path / name).read_text().splitlines()
        start = files.index(f"{name} (new, {len(text)} lines)") + 1
        assert files[start : start + len(text)] == [f"+{line}" for line in text]
    start = files.index("AGENTS.md (changed)")
    end = next(number for number, line in enumerate(files) if line.startswith(".github/"))
    added = [line[1:] for line in files[start:end] if line.startswith("+")]
    assert "\n".join(added).strip() in (repo.path / "AGENTS.md").read_text()
    assert " # Ours" not in files[:start]
    assert " Be kind." in files[start:]


def test_hooks_and_which_hook_runs_first(tmp_path: Path) -> None:
    repo = made(tmp_path / "r")
    hook(repo.path / ".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n")
    hook(repo.path / ".git/hooks/commit-msg", "#!/bin/sh\nexit 0\n")
    (repo.path / "CLAUDE.md").write_text("mine\n")
    shown = init(repo.path, "--dry-run")
    assert part(shown, "hooks in this clone") == [
        "write .git/hooks/pre-commit; yours goes to hooks.before-agentledger beside that folder, and runs first",
        "write .git/hooks/pre-merge-commit",
        "write .git/hooks/pre-push",
    ]
    assert part(shown, "settings of git") == ["none changes"]
    assert part(shown, "left as it is")[1:] == ["other hooks: commit-msg", "files of other tools: CLAUDE.md"]
    assert part(shown, "notes of agentledger") == [
        ".git/agentledger-hooks/manifest.json, .git/agentledger-hooks/branches"
    ]


def test_settings_of_git_with_their_value_now(tmp_path: Path) -> None:
    repo = made(tmp_path / "r")
    husky(repo.path)
    repo.git("config", "core.hooksPath", ".husky/_")
    repo.git("branch", "agent/x", "main")
    work = repo.worktree_add(tmp_path / "x", "agent/x")
    shown = init(repo.path, "--dry-run")
    lines = part(shown, "settings of git")
    assert "extensions.worktreeConfig = true in .git/config (now: not set)" in lines
    ours = f"core.hooksPath = {repo.path}/.git/agentledger-hooks"
    assert f"{ours} in .git/worktrees/x/config.worktree (now: not set)" in lines
    assert "write .git/agentledger-hooks/pre-commit" in part(shown, "hooks in this clone")
    assert "files of other tools: .husky" in part(shown, "left as it is")
    init(repo.path)
    assert work.git("config", "core.hooksPath") == f"{repo.path}/.git/agentledger-hooks"


def test_every_line_of_the_hooks_on_request(tmp_path: Path) -> None:
    repo = made(tmp_path / "r")
    assert "+#!/bin/sh" not in init(repo.path, "--dry-run")
    assert "+#!/bin/sh" in init(repo.path, "--dry-run", "--verbose")


def test_a_second_run_has_nothing_to_show(tmp_path: Path) -> None:
    repo = made(tmp_path / "r")
    init(repo.path)
    shown = init(repo.path, "--dry-run")
    assert "nothing to do: all of it is there already" in shown
    assert "files in the work tree" not in shown
