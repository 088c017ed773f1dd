"""Commits that agentledger makes keep the repository's rules: signed, signed off, and with the prefix of policy."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import clones
import command
from gitrepo import Repo

POLICY = '[commits]\nprefix = "docs(ledger): "\nsign_off = true\n'


def prepared(tmp_path: Path, policy: str = "") -> Repo:
    repo = clones.made(tmp_path / "repo")
    if policy:
        repo.commit("main", {".agentledger/config.toml": policy})
        repo.checkout()
    return repo


def agent_and_control(repo: Repo) -> tuple[str, str]:
    """What `git log` has of a check-in and of an answer, after both were made with nobody to ask."""
    done = command.run(repo.path, "spawn", "x")
    assert done.code == 0, done
    agent = repo.path.parent / "repo.worktrees/x"
    said = command.run(agent, "report", "It goes on.")
    assert said.code == 0, said
    answered = command.run(repo.path, "answer", "x", "Go on.")
    assert answered.code == 0, answered
    return done.out + done.err + said.out + said.err, answered.out + answered.err


def messages(repo: Repo, ref: str, count: int) -> list[str]:
    return repo.git("log", f"-{count}", "--format=%B%x00", ref).split("\0")[:-1]


def test_prefix_and_sign_off_by_policy(tmp_path: Path) -> None:
    repo = prepared(tmp_path, POLICY)
    agent_and_control(repo)
    signed_off = "Signed-off-by: Cora Committer <cora@example.com>"
    report, brief = (text.strip() for text in messages(repo, "agent/x", 2))
    assert report == f"docs(ledger): x is working\n\n{signed_off}"
    assert brief.startswith("docs(ledger): the brief of x\n\n")
    # One block of trailers, as git reads it.
    parsed = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=brief, capture_output=True, text=True, check=True
    )
    assert len(parsed.stdout.splitlines()) == 3
    assert brief.endswith(signed_off)
    assert messages(repo, "agentledger", 1)[0].strip().startswith("docs(ledger): answer x")
    assert command.run(repo.path, "board").code == 0


def test_by_default_nothing_is_added(tmp_path: Path) -> None:
    repo = prepared(tmp_path)
    agent_and_control(repo)
    assert messages(repo, "agent/x", 1)[0].strip() == "chore(ledger): x is working"
    assert repo.git("log", "-1", "--format=%G?", "agent/x") == "N"


@pytest.mark.parametrize("prefix", ["", "wip:", "[ledger] "])
def test_any_prefix_is_read_again(tmp_path: Path, prefix: str) -> None:
    repo = prepared(tmp_path, f'[commits]\nprefix = "{prefix}"\n')
    agent_and_control(repo)
    assert messages(repo, "agent/x", 1)[0].strip() == f"{prefix.strip()} x is working".strip()
    assert "It goes on." in command.run(repo.path, "board", "--all", "--format", "json").out


def ssh_key(folder: Path, passphrase: str = "") -> Path:
    file = folder / "key"
    command_line = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "a", "-f", str(file)]
    subprocess.run(command_line, check=True)
    return file


def test_signed_with_ssh_where_the_users_git_signs_all(tmp_path: Path) -> None:
    repo, key = prepared(tmp_path), ssh_key(tmp_path)
    for name, value in {"commit.gpgsign": "true", "gpg.format": "ssh", "user.signingkey": str(key)}.items():
        repo.git("config", name, value)
    said = agent_and_control(repo)
    assert "not signed" not in "".join(said)
    for ref in ("agent/x", "agent/x^", "agentledger"):
        assert "gpgsig -----BEGIN SSH SIGNATURE-----" in repo.git("cat-file", "commit", ref).replace(
            "\n ", "\n"
        )


def test_what_cannot_be_signed_without_asking_is_unsigned_and_said_so(tmp_path: Path) -> None:
    repo, key = prepared(tmp_path), ssh_key(tmp_path, "secret")
    for name, value in {"commit.gpgsign": "true", "gpg.format": "ssh", "user.signingkey": str(key)}.items():
        repo.git("config", name, value)
    of_agent, of_manager = agent_and_control(repo)
    assert of_agent.count("not signed, although commit.gpgsign is set: ") == 2
    assert of_manager.count("not signed, although commit.gpgsign is set: ") == 1
    assert "gpgsig" not in repo.git("cat-file", "commit", "agent/x")


@pytest.mark.parametrize(("form", "program"), [("openpgp", "gpg"), ("x509", "gpgsm")])
def test_the_users_program_signs_and_is_told_never_to_ask(tmp_path: Path, form: str, program: str) -> None:
    """A stand-in signs as git takes it, and keeps what it was told; the real gpg is in the test below."""
    repo = prepared(tmp_path)
    told = tmp_path / "told"
    clones.hook(
        tmp_path / "a program",
        f'#!/bin/sh\necho "$*" >>"{told}"\ncat >/dev/null\nprintf "\\n[GNUPG:] SIG_CREATED \\n" >&2\n'
        'printf -- "-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n"\n',
    )
    repo.git("config", "commit.gpgsign", "true")
    repo.git("config", "gpg.format", form)
    repo.git("config", f"gpg.{form}.program", str(tmp_path / "a program"))
    repo.git("config", "user.signingkey", "K")
    said = agent_and_control(repo)
    assert "not signed" not in "".join(said)
    assert all(
        line.startswith("--batch --no-tty --pinentry-mode error ") for line in told.read_text().splitlines()
    )
    assert "gpgsig" in repo.git("cat-file", "commit", "agent/x")
    repo.git("config", f"gpg.{form}.program", str(tmp_path / f"no-{program}"))
    assert "not signed, although" in command.run(repo.path, "answer", "x", "Go on, please.").out


def test_gpg_signs_with_a_key_that_needs_nobody_and_not_with_one_that_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path("/tmp") / f"al-gpg-{tmp_path.parent.name[-20:]}-{id(tmp_path)}"
    try:
        home.mkdir(mode=0o700)
        monkeypatch.setenv("GNUPGHOME", str(home))
        for name, secret in (("open", ""), ("locked", "secret")):
            arguments = ["--batch", "--passphrase", secret, "--pinentry-mode", "loopback", "--quick-gen-key"]
            address = f"{name}@example.com"
            done = subprocess.run(
                ["gpg", *arguments, address, "ed25519", "sign"], capture_output=True, check=False
            )
            if done.returncode:
                pytest.skip(f"gpg makes no key here: {done.stderr!r}")
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=False)  # it would remember the passphrase
        repo = prepared(tmp_path)
        repo.git("config", "commit.gpgsign", "true")
        repo.git("config", "user.signingkey", "open@example.com")
        assert "not signed" not in "".join(agent_and_control(repo))
        assert repo.git("log", "-1", "--format=%G?", "agent/x") in ("G", "U")
        repo.git("config", "user.signingkey", "locked@example.com")
        assert "not signed, although" in command.run(repo.path, "answer", "x", "Go on, please.").out
    finally:
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=False)
        subprocess.run(["rm", "-rf", str(home)], check=True)
