"""`agentledger plan` with a person: templates in an editor, what is kept, and what nobody loses."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
from pathlib import Path

import pytest

from agentledger.documents import parse_brief
from agentledger.model.ledger import Source
from agentledger.workflow.plan import brief_text, task_kinds
from cases import raw_document
from command import PROGRAM, Said, refused, run
from controls import NAME, files, say
from gitrepo import Repo
from writing import brief as written_brief

PATH = "tasks/x/brief.md"
KEPT = ".git/agentledger/kept/plan-x.md"


@pytest.fixture
def here(tmp_path: Path) -> Repo:
    repo = Repo.init(tmp_path / "here")
    repo.commit("main", {"src/a.py": "1\n", "README.md": "1\n"})
    repo.flush()
    repo.checkout("main")
    return repo


def typing(patch: pytest.MonkeyPatch, folder: Path, script: str) -> Path:
    """An editor that runs a line of shell on the file, `$1`, and leaves what it was shown beside itself."""
    editor = folder / "editor"
    editor.write_text(f'#!/bin/sh\ncp "$1" "$0.shown"\n{script}\n')
    editor.chmod(0o755)
    patch.setenv("GIT_EDITOR", shlex.quote(str(editor)))
    return folder / "editor.shown"


def replaced(folder: Path, text: str) -> str:
    """The line of shell that puts this in place of the text."""
    (folder / "new.md").write_text(text)
    return f'cat {shlex.quote(str(folder / "new.md"))} >"$1"'


def at_terminal(repo: Repo, *arguments: str) -> Said:
    """The command with a terminal for input and output, which is where a person sits."""
    master, terminal = pty.openpty()
    with subprocess.Popen(
        [*PROGRAM, "plan", *arguments], cwd=repo.path, stdin=terminal, stdout=terminal, stderr=subprocess.PIPE
    ) as process:
        os.close(terminal)
        error_text = process.communicate()[1]
    out = b""
    try:
        while block := os.read(master, 1 << 16):
            out += block
    except OSError:  # how Linux tells that the other end of a terminal is closed
        pass
    finally:
        os.close(master)
    return Said(process.returncode, out.decode().replace("\r\n", "\n"), error_text.decode())


def test_at_a_terminal_the_template_opens_and_what_is_made_of_it_is_the_brief(
    here: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form_path = typing(monkeypatch, tmp_path, replaced(tmp_path, written_brief("x")))
    result = at_terminal(here, "x")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[-1] == "next: agentledger spawn x"
    assert form_path.read_text() == task_kinds.read_kind_template().replace(
        "task:                        # the id, which is the folder's name: login-rate-limit", "task: x"
    )
    assert files(here)[PATH] == written_brief("x")
    assert not (here.path / KEPT).exists()


def test_what_flags_say_is_in_the_text_that_opens(
    here: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form_path = typing(monkeypatch, tmp_path, replaced(tmp_path, written_brief("x")))
    assert at_terminal(here, "x", "--kind", "bugfix", "--owns", "src/**", "--why", "It fails.").code == 0
    text = form_path.read_text()
    assert 'owns: ["src/**"]\n' in text
    assert "## Why, and what would stop us\n\nIt fails.\n\n## Outcome\n\n<!-- " in text


def test_at_a_terminal_a_whole_brief_of_flags_needs_no_editor(
    here: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, tmp_path, "exit 1")
    whole = ("--owns=src/**", "--why=w", "--outcome=`o`", "--accept=`a`", "--verify=make")
    assert at_terminal(here, "x", *whole).code == 0


@pytest.mark.parametrize("script", [":", ': >"$1"'])
def test_a_text_left_as_it_was_or_emptied_is_no_brief(
    here: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    typing(monkeypatch, tmp_path, script)
    result = run(here.path, "plan", "x", "--edit")
    assert (result.code, result.err) == (0, "")
    assert result.out == "the text was left as it was, or empty: nothing is written\n"
    assert NAME not in here.git("for-each-ref")
    assert not (here.path / KEPT).exists()


def test_what_flags_filled_in_counts_though_the_person_leaves_it_as_it_is(
    here: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, tmp_path, ":")
    assert run(here.path, "plan", "x", "--title", "A", "--edit").code == 0
    assert "title: A\n" in files(here)[PATH]


def test_an_invalid_text_is_kept_and_gone_on_from_until_it_is_mended(
    here: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, tmp_path, 'sed -i "s/^mode: .*/mode: mine/" "$1"')
    result = refused(here.path, "plan", "x", "--edit")
    assert result.message.startswith("nothing is written: line 6: `mode`: `mine` is no word")
    assert str(here.path / KEPT) in result.hint
    form_path = typing(monkeypatch, tmp_path, 'sed -i "s/^mode: .*/mode: own/" "$1"')
    again = run(here.path, "plan", "x", "--edit")
    assert (again.code, again.err) == (0, f"going on with the text that is kept in {here.path / KEPT}\n")
    assert "mode: mine\n" in form_path.read_text()
    assert "mode: own\n" in files(here)[PATH]
    assert not (here.path / KEPT).exists()


def test_flags_do_not_write_over_a_text_that_is_kept(
    here: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing(monkeypatch, tmp_path, 'echo "mode: mine" >"$1"')
    refused(here.path, "plan", "x", "--edit")
    result = refused(here.path, "plan", "x", "--title", "A", "--edit")
    assert "is kept from the last time" in result.message
    assert (here.path / KEPT).read_text() == "mode: mine\n"


def test_without_flags_the_present_text_opens_and_is_written_as_it_is_left(
    here: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(here, PATH, written_brief("x"))
    form_path = typing(monkeypatch, tmp_path, 'echo "More words." >>"$1"')
    assert run(here.path, "plan", "x", "--edit").code == 0
    assert form_path.read_text() == written_brief("x")
    assert files(here)[PATH] == written_brief("x") + "More words.\n"


def test_what_somebody_else_wrote_meanwhile_is_not_written_over(
    here: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(here, PATH, written_brief("x"))
    other = shlex.join([*PROGRAM, "plan", "x", "--priority", "1"])
    typing(monkeypatch, tmp_path, f'{other} >/dev/null; echo "More words." >>"$1"')
    result = refused(here.path, "plan", "x", "--edit")
    assert "somebody else changed the brief of x meanwhile" in result.message
    assert "More words" not in files(here)[PATH]
    assert "priority: 1\n" in files(here)[PATH]
    assert (here.path / KEPT).read_text().endswith("More words.\n")


def test_what_a_killed_run_left_after_it_had_written_is_no_text_to_go_on_with(
    here: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(here, PATH, written_brief("x"))
    (here.path / KEPT).parent.mkdir(parents=True)
    (here.path / KEPT).write_text(written_brief("x"))
    typing(monkeypatch, tmp_path, ":")
    result = run(here.path, "plan", "x", "--title", "A", "--edit")
    assert (result.code, result.err) == (0, "")
    assert "title: A\n" in files(here)[PATH]
    assert not (here.path / KEPT).exists()


def test_a_dry_run_keeps_the_text(here: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch, tmp_path, replaced(tmp_path, written_brief("x")))
    result = run(here.path, "plan", "x", "--edit", "--dry-run")
    assert result.code == 0
    assert NAME not in here.git("for-each-ref")
    assert (here.path / KEPT).read_text() == written_brief("x")
    assert str(here.path / KEPT) in result.out


# -- templates -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", task_kinds.KINDS)
def test_a_template_reads_well_and_its_prompts_say_nothing(kind: str) -> None:
    text = brief_text.edit_brief(task_kinds.read_kind_template(kind), {"task": "x"}, {})
    parsed = parse_brief(raw_document(Source(path=PATH), text.encode()))
    assert [problem.message for problem in parsed.document.problems if problem.kind == "invalid"] == []
    assert [part.title for part in parsed.document.parts] == list(brief_text.TITLES)
    empty = {part.title for part in parsed.document.parts if part.empty}
    assert empty >= {"Why, and what would stop us", "Outcome", "Context"}
    assert (parsed.mode, parsed.owns, parsed.verify) == (_MODES.get(kind, "delegate"), (), ())


_MODES = {"migration": "review", "dependencies": "review", "refactor": "review", "explore": "explore"}


@pytest.mark.parametrize("kind", task_kinds.KINDS[1:])
def test_flags_fill_a_kind_in_and_its_own_criteria_stay(here: Repo, kind: str) -> None:
    flags = [
        "--why=It fails.",
        "--outcome=`a`",
        "--context=c",
        "--integration=i",
        "--constraints=k",
        "--accept=it ends",
    ]
    flags += [] if kind == "explore" else ["--owns=src/**", "--verify=make"]
    result = run(here.path, "plan", "x", "--kind", kind, *flags)
    assert result.code == 0, result
    assert "spawn refuses" not in result.out
    text = files(here)[PATH]
    assert "<!--" not in text
    assert "#  " not in text
    parsed = parse_brief(raw_document(Source(path=PATH), text.encode()))
    assert parsed.criteria[-1].text == "it ends"
    assert len(parsed.criteria) > 1


def test_the_repositorys_own_template_is_the_first_kinds(
    here: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sections = {
        "Why, and what would stop us": "Tell us.",
        "Ticket": "Which?",
        "Acceptance criteria": "- [ ] say",
    }
    own = "\n".join(f"## {title}\n\n{said}\n" for title, said in sections.items())
    here.commit("main", {".agentledger/templates/brief.md": own})
    here.flush()
    form_path = typing(monkeypatch, tmp_path, ":")
    run(here.path, "plan", "x", "--edit")
    assert form_path.read_text() == f"---\ntask: x\n---\n\n{own}"
    flags = ("--why=It fails.", "--outcome=`o`", "--accept=it ends", "--owns=src/**", "--verify=make")
    assert run(here.path, "plan", "x", "--kind", "feature", *flags).code == 0
    text = files(here)[PATH]
    assert "Ticket" not in text
    assert "- [ ] say" not in text
    run(here.path, "plan", "y", "--kind", "bugfix", "--edit")
    assert "Tell us." not in form_path.read_text()


def test_a_template_that_cannot_be_read_stops_only_whoever_needs_it(here: Repo) -> None:
    here.commit("main", {".agentledger/templates/brief.md": "---\n\ttask: x\n---\n"})
    here.flush()
    result = refused(here.path, "plan", "x", "--edit")
    assert result.message.startswith("the repository's own template cannot be used: ")
    flags = ("--why=It fails.", "--outcome=`o`", "--accept=it ends", "--owns=src/**", "--verify=make")
    assert run(here.path, "plan", "x", *flags).code == 0
