"""What an agent types into files on its own branch makes no output say *reproduced*, *passed* or *approved*.

Each row is an honest history, and what was typed afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from approved import FOLDER, Approved
from desk import checked
from template import copied
from verifying import EVIDENCE

pytestmark = pytest.mark.table

Forgery = Callable[[Approved], None]
MADE_UP = "1" * 40


def typing(**fields: object) -> Forgery:
    """Fields of the evidence are typed, over code that fails."""

    def forge(desk: Approved) -> None:
        desk.change("check.sh", "exit 1\n")
        known = {"head": desk.head(), "tree": desk.repo.code_tree("agent/x")}
        desk.type_evidence(**{key: known.get(str(value), value) for key, value in fields.items()})

    return forge


def with_current_change(desk: Approved) -> None:
    """A commit that nobody has, with the tree that the manager ran and the id of the change as it is."""
    tree = desk.recorded()["tree"]
    desk.change("check.sh", "exit 1\n")
    desk.verify(code=1)
    desk.type_evidence(head=MADE_UP, tree=tree, exit_code=0)


def over_a_lost_commit(desk: Approved) -> None:
    """The commit that the manager ran is gone, and the id of the change as it is stands beside its name."""
    old = desk.recorded()
    desk.change("check.sh", "exit 1\n")
    desk.git("reset", "-q", "--soft", desk.start)
    desk.git("commit", "-q", "-m", "all anew")
    desk.verify(code=1)
    desk.type_evidence(head=old["head"], tree=old["tree"], exit_code=0)
    desk.git("reset", "-q", "--soft", desk.start)
    desk.git("commit", "-q", "-m", "all anew")
    desk.forget()


@pytest.fixture(scope="module")
def shown_as_approved(templates: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What each forgery begins with: every output says that it passed, was run again and is approved."""
    desk = copied(templates, tmp_path_factory.mktemp("approved"), Approved)
    honest = desk.outputs()
    assert desk.check_shown(honest) == ("passed", "reproduced", "same")
    assert "test reproduced" in honest.page("agent/x")
    assert desk.progress() == "approved"
    assert "approved" in honest.row("agent/x")


@pytest.mark.parametrize(
    ("forge", "shown", "stopped"),
    [
        pytest.param(typing(head="head"), ("passed", "claimed", "edited"), {"EVD002"}, id="head"),
        pytest.param(typing(head="head", tree="tree"), ("passed", "claimed", "same"), set(), id="head and tree"),
        pytest.param(typing(tree="tree"), ("passed", "claimed", "edited"), {"EVD002"}, id="tree"),
        pytest.param(typing(change="c" * 64), ("passed", "reproduced", "other"), {"EVD002"}, id="change"),
        pytest.param(typing(head=MADE_UP), ("passed", "claimed", "unknown"), {"EVD002"}, id="made-up head"),
        pytest.param(typing(skipped="nothing to run"), ("not run", None, "other"), {"EVD001", "EVD002"}, id="skip"),
        pytest.param(
            typing(head="head", tree="tree", skipped="nothing to run", exit_code=None),
            ("not run", None, "same"),
            {"EVD001"},
            id="skip of the head",
        ),
        pytest.param(
            typing(head="head", tree="tree", skipped="no", command="sh {changed:none}"),
            ("not run", None, "same"),
            {"EVD001"},
            id="skip of another command",
        ),
        pytest.param(with_current_change, ("passed", "claimed", "rewritten"), set(), id="current change"),
        pytest.param(over_a_lost_commit, ("passed", "claimed", "rewritten"), set(), id="lost commit"),
    ],
)  # fmt: skip
def test_code_that_nobody_ran_is_not_reproduced(
    shown_as_approved: None,
    templates: Path,
    tmp_path: Path,
    forge: Forgery,
    shown: tuple[str, str | None, str],
    stopped: set[str],
) -> None:
    desk = copied(templates, tmp_path, Approved)
    forge(desk)
    outputs = desk.outputs()
    assert desk.check_shown(outputs) == shown
    assert desk.stopped() == stopped
    assert "test reproduced" not in outputs.page("agent/x")
    assert desk.progress() != "approved"
    assert "approved" not in outputs.row("agent/x")
    assert "is approved" not in outputs.next
    assert "reproduced" not in outputs.next


# -- what was contradicted stays that -----------------------------------------------------


def ledger_commit(desk: Approved) -> None:
    """Another commit with the same code."""
    desk.note(f"{FOLDER}/notes.md", "x\n")
    desk.type_evidence(head=desk.head(), exit_code=0)


def rewritten(desk: Approved) -> None:
    desk.git("reset", "-q", "--soft", desk.start)
    desk.git("commit", "-q", "-m", "all anew")


def lost(desk: Approved) -> None:
    rewritten(desk)
    desk.forget()


@pytest.mark.parametrize(
    ("forge", "shown"),
    [
        pytest.param(lambda _: None, ("passed", "contradicted", "same"), id="exit code"),
        pytest.param(
            lambda d: d.type_evidence(exit_code=0, tree="b" * 40), ("passed", "contradicted", "edited"), id="tree"
        ),
        pytest.param(
            lambda d: d.type_evidence(exit_code=0, head=d.proven.upper()),
            ("passed", "contradicted", "same"),
            id="in capitals",
        ),
        pytest.param(
            lambda d: d.type_evidence(exit_code=0, head=MADE_UP), ("passed", "contradicted", "rewritten"), id="made up"
        ),
        pytest.param(ledger_commit, ("passed", "contradicted", "same"), id="another commit of the same code"),
        pytest.param(rewritten, ("passed", "contradicted", "rewritten"), id="rewritten"),
        pytest.param(lost, ("passed", "contradicted", "rewritten"), id="rewritten, and the commit is lost"),
    ],
)  # fmt: skip
def test_nothing_typed_takes_back_what_reruns_contradict(
    templates: Path, tmp_path: Path, forge: Forgery, shown: tuple[str, str, str]
) -> None:
    desk = copied(templates, tmp_path, Approved, code=1)
    forge(desk)
    outputs = desk.outputs()
    assert desk.check_shown(outputs) == shown
    assert "EVD004" in desk.stopped()
    assert "test claimed" not in outputs.page("agent/x")
    assert "test reproduced" not in outputs.page("agent/x")
    assert "test passed (contradicted" in outputs.next or "is contradicted" in outputs.page("agent/x")


# -- what stands beside a result ---------------------------------------------------------


def test_a_typed_failure_on_base_is_contradicted_by_bases_own_run(templates: Path, tmp_path: Path) -> None:
    desk = copied(templates, tmp_path, Approved)
    desk.change("check.sh", "exit 1\n")
    base = {"commit": desk.repo.git("rev-parse", "main"), "exit_code": 1}
    fields = {"head": desk.head(), "tree": desk.repo.code_tree("agent/x"), "exit_code": 1, "on_base": base}
    desk.type_evidence(**fields, change=None)
    assert desk.stopped() == set()  # a failure that is base's, too, only warns
    told = desk.verify("--rerun", "x", folder=desk.repo.path, code=1)
    assert told["checks"][0]["trust"] == "contradicted"
    outputs = desk.outputs()
    assert desk.check_shown(outputs) == ("failed", "contradicted", "same")
    assert desk.stopped() == {"EVD004"}
    assert "in the rerun: it passes on base" in outputs.page("agent/x")


def test_a_failure_on_base_is_reproduced_where_base_does_fail(templates: Path, tmp_path: Path) -> None:
    desk = copied(templates, tmp_path, Approved)
    desk.move_base("check.sh", "exit 1\n")
    desk.git("merge", "-q", "--no-verify", "--no-edit", "main")
    desk.verify(code=1)
    told = desk.verify("--rerun", "x", folder=desk.repo.path, code=1)
    assert told["checks"][0]["trust"] == "reproduced"
    assert desk.check_shown(desk.outputs()) == ("failed", "reproduced", "same")
    assert desk.stopped() == set()


@pytest.mark.parametrize("name", ["a", "sub/test"])
def test_no_file_speaks_in_the_place_of_a_checks_own(templates: Path, tmp_path: Path, name: str) -> None:
    desk = copied(templates, tmp_path, Approved)
    good = desk.recorded()
    desk.change("check.sh", "exit 1\n")
    desk.verify(code=1)
    typed = good | {"head": desk.head(), "tree": desk.repo.code_tree("agent/x")}
    desk.change(f"{EVIDENCE}/{name}.json", json.dumps(typed))
    shown = {each["check"]: each["result"] for each in desk.outputs().branch("agent/x")["checks"]}
    assert shown["test"] == "failed"
    assert "EVD003" in desk.stopped()


def test_typed_counts_are_not_reproduced(templates: Path, tmp_path: Path) -> None:
    desk = copied(templates, tmp_path, Approved)
    counts = {"tests": 1200, "failures": 0, "errors": 0, "skipped": 0, "failed": [], "failed_total": 0}
    desk.type_evidence(junit=counts)
    page = desk.outputs().page("agent/x")
    assert "in the rerun: 1,200 tests there, not counted here" in page


# -- an approval is of one change -----------------------------------------------------------


def amend(desk: Approved) -> None:
    """The branch begins anew with another change, which is pushed by force."""
    desk.write("src/a.py", "a = 2\n")
    desk.git("add", "-A")
    desk.git("reset", "-q", "--soft", desk.start)
    desk.git("commit", "-q", "-m", "work")


def amend_and_lose(desk: Approved) -> None:
    amend(desk)
    desk.forget()


def blanks(desk: Approved) -> None:
    desk.write("src/a.py", "a = 1 \n" + "b = 1\n" * 9)
    desk.git("add", "-A")
    desk.git("reset", "-q", "--soft", desk.start)
    desk.git("commit", "-q", "-m", "work")


def undo_base(desk: Approved) -> None:
    """What base did meanwhile is thrown away by a merge, and the code stays as it was approved."""
    desk.move_base("check.sh", "exit 0 # fixed\n")
    desk.git("merge", "-q", "--no-verify", "--no-edit", "-s", "ours", "main")


def undo_base_anew(desk: Approved) -> None:
    """The same in one commit on top of base."""
    desk.move_base("check.sh", "exit 0 # fixed\n")
    desk.git("reset", "-q", "--soft", "main")
    desk.git("commit", "-q", "-m", "work")


def own_review(desk: Approved) -> None:
    amend(desk)
    text = f"---\nreviewer: ana@example.org\nkind: human\nverdict: approve\nbranch: agent/x\nhead: {desk.head()}\n---\n"
    desk.note(f"{FOLDER}/reviews/20231114T224000Z-0002.md", text)


@pytest.mark.parametrize("forge", [amend, amend_and_lose, blanks, undo_base, undo_base_anew, own_review])
def test_an_approval_is_not_of_another_change(templates: Path, tmp_path: Path, forge: Forgery) -> None:
    desk = copied(templates, tmp_path, Approved)
    forge(desk)
    outputs = desk.outputs()
    entry = outputs.branch("agent/x")
    assert desk.progress() != "approved"
    assert [review["about"] for review in entry["reviews"]] in (["other"], ["unknown"])
    assert "REV002" in {finding["rule"] for finding in entry["findings"]}
    assert "approved" not in outputs.row("agent/x")
    assert "is approved" not in outputs.next
    assert "EVD002" in checked(desk.repo, "merge")
    assert "test reproduced" not in outputs.page("agent/x")


@pytest.mark.parametrize("landing", ["rebase", "merge"])
def test_where_pull_requests_land_by_rebase_a_merge_that_hides_a_commit_is_another_change(
    templates: Path, tmp_path: Path, landing: str
) -> None:
    """A rebase drops the merge, and applies what the merge had thrown away."""
    desk = copied(templates, tmp_path, Approved)
    desk.move_base(".agentledger/config.toml", f'version = 1\n[merge]\nlanding = "{landing}"\n')
    desk.git("checkout", "-q", "--detach")
    desk.write("src/a.py", "a = 66\n")
    desk.git("commit", "-q", "--no-verify", "-a", "-m", "what nobody has seen")
    hidden = desk.git("rev-parse", "HEAD").strip()
    desk.git("checkout", "-q", "agent/x")
    desk.git("merge", "-q", "--no-ff", "--no-verify", "--no-edit", "-s", "ours", hidden)
    rules = {finding["rule"] for finding in desk.outputs().branch("agent/x")["findings"]}
    assert ("REV002" in rules, "EVD002" in rules) == ((landing == "rebase",) * 2)
