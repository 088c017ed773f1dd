"""Texts written in an editor: what counts as written, and that none is lost."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from agentledger.git import process, queries
from agentledger.git.process import Git
from agentledger.model.errors import LedgerError
from agentledger.workflow.session import editor
from gitrepo import Repo


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return process.repository_at(Repo.init(tmp_path / "a repo").path)


@pytest.fixture
def path(git: Git) -> Path:
    return editor.draft_path(git, "plan-x.md")


def edit(git: Git, initial: str, path: Path) -> str | None:
    """With the environment as it is now, in which the editor is named."""
    return editor.edit_draft(process.repository_at(git.cwd), initial, path)


def typing(patch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """An editor that runs a line of shell on the file, which is `$1` there; its own path holds a blank."""
    file = folder / "an editor"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    patch.setenv("GIT_EDITOR", shlex.quote(str(file)))


def test_what_is_typed_is_the_text_and_is_kept_until_it_is_forgotten(
    git: Git, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, tmp_path, 'cat "$1" >seen; echo more >>"$1"')
    monkeypatch.chdir(tmp_path)
    assert edit(git, "begun\n", path) == "begun\nmore\n"
    assert (tmp_path / "seen").read_text() == "begun\n"
    assert path.read_text() == "begun\nmore\n"
    editor.remove_draft(path)
    editor.remove_draft(path)
    assert not path.exists()


@pytest.mark.parametrize("script", [":", 'echo >"$1"', 'rm "$1"', 'printf "begun\\r\\n\\r\\n" >"$1"'])
def test_nothing_new_is_no_text_and_nothing_is_kept(
    git: Git, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    typing(monkeypatch, tmp_path, script)
    assert edit(git, "begun\n", path) is None
    assert not path.exists()


def test_what_was_kept_is_gone_on_from_and_counts_though_it_is_left_as_it_is(
    git: Git, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, tmp_path, ":")
    editor.keep_draft(path, "from the last time\n")
    assert edit(git, "begun\n", path) == "from the last time\n"


def test_an_editor_that_fails_writes_nothing_and_loses_nothing(
    git: Git, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, tmp_path, 'echo more >>"$1"; exit 1')
    with pytest.raises(LedgerError, match="nothing is written") as caught:
        edit(git, "begun\n", path)
    assert str(path) in caught.value.hint
    assert editor.read_draft(path) == "begun\nmore\n"


def test_an_editor_that_is_not_there_is_told_with_how_to_choose_another(
    git: Git, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_EDITOR", "no-such-editor")
    with pytest.raises(LedgerError) as caught:
        edit(git, "begun\n", path)
    assert "core.editor" in caught.value.hint
    assert not path.exists()


def test_without_a_terminal_that_can_show_one_git_s_own_refusal_is_told(
    git: Git, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(LedgerError, match="no editor"):
        edit(git, "begun\n", path)


def test_a_command_with_arguments_and_variables_is_taken_apart_by_a_shell(
    git: Git, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")  # on a dumb terminal git passes VISUAL over
    monkeypatch.setenv("VISUAL", 'SAID=typed sh -c \'echo "$SAID" >>"$1"\' -')
    assert edit(git, "begun\n", path) == "begun\ntyped\n"


@pytest.mark.parametrize("name", ["plan-x.md", "report-agent/x.md", "../../config", "a\nb", "\udcff"])
def test_every_name_is_one_file_in_the_kept_folder(git: Git, name: str) -> None:
    draft = editor.draft_path(git, name)
    assert draft.parent == queries.locate_repository(git).common / "agentledger" / "kept"
    editor.keep_draft(draft, "text \udcff\n")
    assert editor.read_draft(draft) == "text \udcff\n"


def test_a_folder_that_cannot_be_written_is_an_error_with_a_hint(
    git: Git, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    path.parent.write_text("a file\n")
    monkeypatch.setenv("GIT_EDITOR", "false")
    with pytest.raises(LedgerError, match="cannot be kept") as caught:
        edit(git, "begun\n", path)
    assert caught.value.hint
