"""Signed commits of the control branch: real keys, real signatures, and what must not count as one."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from agentledger.git import process, queries
from agentledger.model.fleet import Fleet
from agentledger.storage.cache import Cache
from command import PROGRAM, run
from gitrepo import Repo
from reading import NOW, fleet, git_commands

BRIEF = "---\ntask: x\nowns: ['src/**']\n---\n## Outcome\n{}\n"
POLICY = '[control]\nsigners = ".agentledger/signers"\n'
PATH = "tasks/x/brief.md"


def key(folder: Path, name: str) -> tuple[Path, str]:
    """A new key without a passphrase: its file, and its line for a list of allowed signers."""
    file = folder / name
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(file)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return file, f"{name}@example.org {file.with_suffix('.pub').read_text()}"


def sign(repo: Repo, file: Path, brief: str, ref: str = "refs/heads/agentledger") -> str:
    """A commit on the control branch that makes this its brief, signed with a key."""
    blob = repo.git("hash-object", "-w", "--stdin", input=brief)
    folder = repo.git("mktree", input=f"100644 blob {blob}\tbrief.md\n")
    tasks = repo.git("mktree", input=f"040000 tree {folder}\tx\n")
    tree = repo.git("mktree", input=f"040000 tree {tasks}\ttasks\n")
    parents = ["-p", ref] if repo.answer("rev-parse", "--verify", "-q", ref)[0] == 0 else []
    format_ = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={file}"]
    commit = repo.git(*format_, "commit-tree", "-S", *parents, "-m", "brief", tree)
    repo.git("update-ref", ref, commit)
    return commit


def write(repo: Repo, files: dict[str, str]) -> None:
    """A commit on the control branch without a signature."""
    repo.commit("agentledger", files, parents=[repo.git("rev-parse", "agentledger").strip()])


def start(tmp_path: Path, *signers: str) -> Repo:
    """A repository whose base lists these signers, with an agent's branch on task x."""
    repo = Repo.init(tmp_path / "repo")
    files = {".agentledger/config.toml": POLICY, ".agentledger/signers": "".join(signers)}
    base = repo.commit("main", files)
    repo.commit("agent/x", {"src/a.py": "1\n"}, parents=[base])
    repo.flush()
    return repo


def proven(fleet_: Fleet) -> bool:
    (task,) = fleet_.tasks
    assert task.brief
    assert task.brief_from == "control"
    return task.brief.document.source.proven


def test_a_brief_signed_by_a_listed_key_is_proven(tmp_path: Path) -> None:
    file, line = key(tmp_path, "ana")
    repo = start(tmp_path, line)
    sign(repo, file, BRIEF.format("it works"))
    assert proven(fleet(repo))


def test_another_key_and_no_signature_prove_nothing(tmp_path: Path) -> None:
    _, line = key(tmp_path, "ana")
    other, _ = key(tmp_path, "mallory")
    repo = start(tmp_path, line)
    sign(repo, other, BRIEF.format("it works"))
    assert not proven(fleet(repo))
    write(repo, {PATH: BRIEF.format("unsigned")})
    assert not proven(fleet(repo))


def test_a_program_of_the_repository_that_finds_all_signatures_good_is_not_asked(tmp_path: Path) -> None:
    _, line = key(tmp_path, "ana")
    other, _ = key(tmp_path, "mallory")
    repo = start(tmp_path, line)
    commit = sign(repo, other, BRIEF.format("it works"))
    liar, called = tmp_path / "liar", tmp_path / "called"
    verdict = 'Good "git" signature for ana@example.org with ED25519 key SHA256:abc'
    liar.write_text(f"#!/bin/sh\ntouch '{called}'\necho '{verdict}'\n")
    liar.chmod(0o755)
    repo.git("config", "gpg.ssh.program", str(liar))
    repo.git("config", "gpg.ssh.allowedSignersFile", str(repo.path / ".agentledger/signers"))
    assert repo.git("log", "-1", "--format=%G?", commit) == "G"  # git itself is taken in
    called.unlink()
    assert not proven(fleet(repo))
    assert not called.exists()


def test_an_old_signed_brief_put_back_without_a_signature_is_not_proven(tmp_path: Path) -> None:
    file, line = key(tmp_path, "ana")
    repo = start(tmp_path, line)
    sign(repo, file, BRIEF.format("wide"))
    sign(repo, file, BRIEF.format("narrow"))
    assert proven(fleet(repo))
    write(repo, {PATH: BRIEF.format("wide")})
    assert not proven(fleet(repo))


@pytest.mark.parametrize("signers", ["", "# nobody yet\n"])
def test_an_empty_list_proves_nothing(tmp_path: Path, signers: str) -> None:
    file, _ = key(tmp_path, "ana")
    repo = start(tmp_path, signers)
    sign(repo, file, BRIEF.format("it works"))
    assert not proven(fleet(repo))


def test_a_list_that_is_not_on_base_is_told(tmp_path: Path) -> None:
    file, line = key(tmp_path, "ana")
    repo = start(tmp_path, line)
    sign(repo, file, BRIEF.format("it works"))
    repo.commit("main", {".agentledger/signers": None})
    fleet_ = fleet(repo)
    assert not proven(fleet_)
    assert any(".agentledger/signers, which is not a file on base" in note for note in fleet_.notes)


def test_a_cache_that_says_so_proves_nothing(tmp_path: Path) -> None:
    _, line = key(tmp_path, "ana")
    other, _ = key(tmp_path, "mallory")
    repo = start(tmp_path, line)
    commit = sign(repo, other, BRIEF.format("it works"))
    signers = repo.git_bytes("show", "main:.agentledger/signers")
    version = queries.read_version(process.repository_at(repo.path))
    cache = Cache(repo.path / ".git/agentledger", ".".join(map(str, version)), NOW)
    cache.put("signature", [(f"{commit} {hashlib.sha256(signers).hexdigest()}", True)])
    cache.close()
    assert not proven(fleet(repo))


def test_one_process_checks_a_signature_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, line = key(tmp_path, "ana")
    repo = start(tmp_path, line)
    sign(repo, file, BRIEF.format("it works"))
    with git_commands(monkeypatch, tmp_path / "first") as first:
        assert proven(fleet(repo))
    with git_commands(monkeypatch, tmp_path / "second") as second:
        assert proven(fleet(repo))
    assert first["log"] == second["log"] + 1


@pytest.fixture
def signing_repo(tmp_path: Path) -> tuple[Repo, Path]:
    """A repository with signers on base, a task on the control branch, and the key of its manager."""
    file, line = key(tmp_path, "ana")
    repo = start(tmp_path, line)
    repo.checkout("main")
    sign(repo, file, BRIEF.format("it works"))
    return repo, file


def answers(repo: Repo) -> list[bool]:
    return [answer.document.source.proven for answer in fleet(repo).tasks[0].answers]


def test_what_is_written_is_signed_where_base_lists_signers(signing_repo: tuple[Repo, Path]) -> None:
    repo, file = signing_repo
    repo.git("config", "user.signingkey", str(file))
    before = repo.git("rev-parse", "agentledger").strip()
    result = run(repo.path, "answer", "x", "go on")
    assert (result.code, result.err) == (0, "")
    assert "not signed" not in result.out
    assert answers(repo) == [True]
    assert proven(fleet(repo))
    assert repo.git("rev-parse", "agentledger^").strip() == before
    assert "refs/agentledger" not in repo.git("for-each-ref")


@pytest.mark.parametrize("broken", ["no such key", "a passphrase"])
def test_a_signature_that_cannot_be_made_keeps_nobody_from_answering(
    signing_repo: tuple[Repo, Path], tmp_path: Path, broken: str
) -> None:
    repo, file = signing_repo
    if broken == "a passphrase":
        subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", str(file)], check=True)
    repo.git("config", "user.signingkey", str(file if broken == "a passphrase" else tmp_path / "none"))
    result = run(repo.path, "answer", "x", "go on")
    assert result.code == 0
    assert "not signed, so it stays unproven: " in result.out
    assert answers(repo) == [False]


def test_two_writers_who_sign_lose_nothing(signing_repo: tuple[Repo, Path]) -> None:
    repo, file = signing_repo
    repo.git("config", "user.signingkey", str(file))
    command = [*PROGRAM, "answer", "x"]
    writers = [subprocess.Popen([*command, f"number {n}"], cwd=repo.path) for n in range(4)]
    assert [writer.wait() for writer in writers] == [0] * 4
    assert answers(repo) == [True] * 4
