"""Notices about branches that wait for a person, and the user's own file that says how to tell."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from agentledger.attention.turn import DECISIONS
from agentledger.model.errors import LedgerError
from agentledger.model.fleet import Branch, State
from agentledger.model.work import Progress, Standing
from agentledger.site import notify
from agentledger.site.notify import Notice
from agentledger.storage import user_config
from fleets import branch, conflicting, fleet


def changed(before: list[Progress], after: list[Progress], name: str = "agent/{}") -> list[Notice]:
    """The notices when branches go from being so far to being that far."""
    first, second = (
        fleet(*(at(name.format(number), progress) for number, progress in enumerate(each)))
        for each in (before, after)
    )
    return notify.find_notices(first, second)


def at(name: str, progress: Progress, **fields: Any) -> Branch:
    return branch(name, standing=Standing(progress=progress), **fields)


WORKING, READY, ASKS = Progress.WORKING, Progress.READY, Progress.NEEDS_INPUT


def test_a_branch_that_begins_to_wait_is_told_once() -> None:
    assert changed([WORKING], [ASKS]) == [
        Notice("Needs input: shop", "Branch agent/0: it asks for an answer.")
    ]
    assert changed([WORKING], [READY])[0].title == "Ready: shop"
    assert changed([], [Progress.BLOCKED])[0].text == "Branch agent/0: it is blocked, and asks for an answer."
    assert changed([READY], [READY]) == changed([READY], [WORKING]) == []


def test_what_is_not_ready_is_never_called_ready() -> None:
    held = at("agent/0", READY, conflict=conflicting(b"a"))
    (notice,) = notify.find_notices(fleet(at("agent/0", WORKING)), fleet(held))
    assert notice.title == "In conflict: shop"
    assert notify.find_notices(fleet(), fleet(at("agent/0", Progress.LAPSED))) == []


def test_each_decision_has_a_title() -> None:
    assert set(notify.TITLES) == set(DECISIONS)


def test_an_ended_branch_waits_for_nobody() -> None:
    assert notify.find_notices(fleet(), fleet(at("agent/0", READY, state=State.MERGED))) == []


def test_many_at_once_are_one_notice() -> None:
    assert changed([WORKING] * 9, [READY] * 9) == [Notice("9 branches wait for you", "In shop.")]


def test_a_name_is_nothing_but_text() -> None:
    (notice,) = changed([WORKING], [READY], name="--help/<b>&\u202e{{title}}{}")
    assert notice.text == "Branch --help/‹b›＆\\u{202E}{title}0: it says that it is ready."


def ran(tmp_path: Path, *arguments: str, notice: Notice) -> list[str]:
    """What a command is started with."""
    out = tmp_path / "arguments"
    script = f"import sys; open({str(out)!r}, 'w').write(chr(0).join(sys.argv[1:]))"
    notify.send_notices([sys.executable, "-c", script, *arguments], [notice])
    return out.read_text().split("\0")


def test_each_argument_stays_one_and_no_shell_sees_it(tmp_path: Path) -> None:
    hostile = Notice("{text} $(touch x)", "a b; rm -rf 'c' {title}")
    assert ran(tmp_path, "{title}", "--body={text}", "x", notice=hostile) == [
        "{text} $(touch x)",
        "--body=a b; rm -rf 'c' {title}",
        "x",
    ]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["no-such-program-here"], "No such file"),
        ([sys.executable, "-c", "raise SystemExit(7)"], "exit code 7"),
        ([sys.executable, "-c", "import time; time.sleep(60)"], "it took over"),
    ],
)
def test_a_command_that_fails_is_said_to(
    command: list[str], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "PATIENCE", 1.0)
    with pytest.raises(LedgerError, match=reason):
        notify.send_notices(command, [Notice("a", "b")])


def test_the_command_comes_from_the_users_own_file_alone(sealed: Path) -> None:
    assert user_config.read_user_config().notify == ()
    assert user_config.user_config_path().is_relative_to(sealed)
    user_config.user_config_path().parent.mkdir(parents=True)
    user_config.user_config_path().write_text(
        "[notify]\ncommand = \"notify-send --app-name='agent ledger' {title} {text}\"\n"
    )
    assert user_config.read_user_config().notify == (
        "notify-send",
        "--app-name=agent ledger",
        "{title}",
        "{text}",
    )


@pytest.mark.parametrize(
    "text", ["[notify", "notify = 1", "[notify]\ncommand = 1", '[notify]\ncommand = "\'"']
)
def test_a_file_that_says_something_else_is_named(text: str) -> None:
    user_config.user_config_path().parent.mkdir(parents=True)
    user_config.user_config_path().write_text(text)
    with pytest.raises(LedgerError, match=r"config\.toml"):
        user_config.read_user_config()
