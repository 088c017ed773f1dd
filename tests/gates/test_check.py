"""`agentledger check` and `agentledger rule` in a real repository: what each asks about, and how it ends.

Belongs here: options, names, exit codes, formats. Does not: what a rule finds (see `test_rules`), or the
forms of its output (see `test_reports_findings`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

import damage
from agentledger.reports import shapes
from agentledger.rules import RULES
from checkout import ROOT
from command import Said, refused, run
from desk import BRIEF, made
from gitrepo import Repo

GOOD, BAD = "agent/good", "agent/bad"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Two briefed branches, of which one strays from its scope; and a branch that is nobody's agent's."""
    repo = Repo.init(tmp_path / "repo")
    start = repo.commit("main", {"src/a.py": "a\n", "lib/b.py": "b\n", "docs/d.md": "d\n"})
    briefs = {
        task: BRIEF.format(f"['{folder}/**']", "") for task, folder in (("good", "src"), ("bad", "lib"))
    }
    files = {
        f"tasks/{task}/brief.md": text.replace("task: x", f"task: {task}") for task, text in briefs.items()
    }
    repo.commit("agentledger", files, parents=[])
    repo.commit(GOOD, {"src/a.py": "a2\n"}, parents=[start])
    repo.commit(BAD, {"docs/d.md": "d2\n"}, parents=[start])
    repo.commit("topic", {"docs/d.md": "d3\n"}, parents=[start])
    repo.flush()
    repo.checkout("main")
    return repo


def check(repo: Repo, *arguments: str) -> Said:
    said = run(repo.path, "check", *arguments)
    assert said.code in (0, 1), said
    return said


def rules(repo: Repo, *arguments: str) -> set[str]:
    """The rules of which a check has findings, from its JSON."""
    document = json.loads(check(repo, "--format", "json", *arguments).out)
    jsonschema.validate(document, json.loads(shapes.encode_schema("report")))
    return {finding["rule"] for finding in document["findings"]}


# -- what is asked about ----------------------------------------------------------------


def test_a_branch_that_strays_ends_with_1_and_one_that_does_not_with_0(repo: Repo) -> None:
    said = check(repo, "--branch", BAD, "--gate", "push")
    assert said.code == 1
    assert "error OWN001 outside-scope [agent/bad] docs/d.md" in said.out
    said = check(repo, "--branch", GOOD, "--gate", "push")
    assert (said.code, said.out.splitlines()[-1]) == (0, "agent/good: nothing stops it at push")


@pytest.mark.parametrize("name", [BAD, f"refs/heads/{BAD}"])
def test_a_branch_is_named_as_git_names_it(repo: Repo, name: str) -> None:
    assert "OWN001" in rules(repo, "--branch", name)


def test_without_a_name_it_is_the_branch_that_is_checked_out(repo: Repo) -> None:
    repo.git("switch", "-q", BAD)
    assert check(repo).out.splitlines()[-1].startswith("agent/bad: stopped at ready")
    repo.git("switch", "-q", "--detach")
    assert refused(repo.path, "check").message == "no branch is checked out here"


def test_a_branch_that_no_pattern_finds_is_judged_when_it_is_asked_for(repo: Repo) -> None:
    assert "BRF001" in rules(repo, "--branch", "topic", "--gate", "merge")
    assert "BRF001" in rules(repo, "--branch", "refs/heads/topic", "--gate", "merge")


@pytest.mark.parametrize(
    ("gate", "expected"),
    [("commit", False), ("push", False), ("ready", False), ("merge", True)],
)
def test_the_gate_can_be_chosen(repo: Repo, gate: str, expected: bool) -> None:
    found = rules(repo, "--branch", BAD, "--gate", gate)
    assert ("REV001" in found) is expected
    assert "OWN001" in found
    assert json.loads(check(repo, "--branch", BAD, "--gate", gate, "--format", "json").out)["gate"] == gate


def test_a_range_is_judged_as_a_merge(repo: Repo) -> None:
    assert {"OWN001", "REV001"} <= rules(repo, "--range", f"main..{BAD}")
    assert rules(repo, "--range", f"main...{BAD}") == rules(repo, "--range", f"main..{BAD}")
    assert "OWN001" not in rules(repo, "--range", f"main..{GOOD}")


def test_a_range_may_end_with_head_or_a_commit_as_in_ci(repo: Repo) -> None:
    repo.git("switch", "-q", BAD)
    expected = rules(repo, "--range", f"main..{BAD}")
    assert rules(repo, "--range", "main..HEAD") == expected
    assert rules(repo, "--range", "main..") == expected
    base, head = repo.git("rev-parse", "main", BAD).split()
    assert rules(repo, "--range", f"{base}..{head[:12]}") == expected
    repo.git("switch", "-q", "--detach")
    assert rules(repo, "--range", "main..HEAD") == expected


def test_a_commit_that_no_branch_or_more_than_one_stands_at_is_refused(repo: Repo) -> None:
    repo.git("branch", "-q", "agent/twin", BAD)
    head = repo.git("rev-parse", BAD).strip()
    said = refused(repo.path, "check", "--range", f"main..{head}")
    assert said.message == f"several branches are at {head}: agent/bad and agent/twin"
    assert "--range main..agent/login" in said.hint
    tree = repo.git("rev-parse", "main^{tree}").strip()
    lone = repo.git("commit-tree", "-m", "alone", tree).strip()
    assert refused(repo.path, "check", "--range", f"main..{lone}").message == f"no branch is at {lone}"
    assert "no branch is at abcdef0" in refused(repo.path, "check", "--range", "main..abcdef0").message


def test_a_branch_called_like_a_commit_is_that_branch(repo: Repo) -> None:
    repo.git("branch", "-q", "deadbeef", BAD)
    assert check(repo, "--range", "main..deadbeef").out.splitlines()[-1].startswith("deadbeef: ")


def test_a_task_is_judged_before_it_is_handed_out(repo: Repo) -> None:
    said = check(repo, "--task", "good")
    assert (said.code, said.out.splitlines()[-1]) == (0, "good: nothing stops it at spawn")
    repo.commit(
        "agentledger", {"tasks/good/brief.md": BRIEF.format("[]", "").replace("task: x", "task: good")}
    )
    repo.flush()
    said = check(repo, "--task", "good")
    assert said.code == 1
    assert "error BRF003 brief-incomplete" in said.out


def test_the_fleet_is_every_open_branch(repo: Repo) -> None:
    document = json.loads(check(repo, "--fleet", "--format", "json").out)
    assert document["gate"] == "merge"
    assert {finding["branch"] for finding in document["findings"]} == {GOOD, BAD}
    assert "REV001" not in rules(repo, "--fleet", "--gate", "push")


def test_another_base_can_be_named(repo: Repo) -> None:
    repo.git("branch", "-q", "next", BAD)
    assert "OWN001" not in rules(repo, "--branch", GOOD, "--base", "next")
    assert check(repo, "--range", f"next..{GOOD}").out


# -- what cannot be answered ------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("--branch", "agent/bda"), "there is no branch named agent/bda", "did you mean agent/bad"),
        (
            ("--branch", "nothing-like-it"),
            "there is no branch named nothing-like-it",
            "`agentledger board --all`",
        ),
        (("--branch", "agent/*"), "there is no branch named agent/*", "agent/"),
        (("--branch", "refs/heads/no"), "there is no branch named refs/heads/no", "board"),
        (("--branch", "main"), "main is the base: it is what branches are judged against", "merge into it"),
        (("--branch", "agentledger"), "agentledger is the manager's own branch", "--task"),
        (("--task", "god"), "there is no task named god", "did you mean good?"),
        (("--range", "mian..agent/bad"), "there is no branch 'mian' to take as base", "there are: "),
        (("--range", "main..agent/bda"), "there is no branch named agent/bda", "did you mean agent/bad"),
        (("--base", "no"), "there is no branch 'no' to take as base", "there are: "),
    ],
)
def test_a_name_that_is_not_there_is_refused(
    repo: Repo, arguments: tuple[str, ...], message: str, hint: str
) -> None:
    repo.git("switch", "-q", BAD)
    said = refused(repo.path, "check", *arguments)
    assert said.message.startswith(message)
    assert hint in said.hint


@pytest.mark.parametrize(
    "arguments",
    [
        ("--branch", "a", "--fleet"),
        ("--task", "good", "--range", "main..agent/bad"),
        ("--range", "main"),
        ("--range", ".."),
        ("--range", "main..agent/bad..topic"),
        ("--range", "main..agent/bad", "--base", "main"),
        ("--task", "good", "--gate", "merge"),
        ("--branch", "agent/bad", "--gate", "spawn"),
        ("--gate", "edit"),
        ("--format", "xml"),
    ],
)
def test_options_that_make_no_sense_end_with_2(repo: Repo, arguments: tuple[str, ...]) -> None:
    said = run(repo.path, "check", *arguments)
    assert (said.code, said.out) == (2, "")
    assert "Usage: agentledger check" in said.err


def test_outside_a_repository_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty", "check", "--fleet").code == 2


# -- a policy that nobody can read ------------------------------------------------------


@pytest.fixture
def broken(tmp_path: Path) -> Repo:
    """Base never had a policy that can be read, and the branch strays."""
    repo = Repo.init(tmp_path / "broken")
    start = repo.commit("main", {"src/a.py": "a\n", ".agentledger/config.toml": "enforce = \n"})
    repo.commit("agentledger", {"tasks/x/brief.md": BRIEF.format("['src/**']", "")}, parents=[])
    repo.commit("agent/x", {"docs/d.md": "d\n"}, parents=[start])
    repo.flush()
    return repo


@pytest.mark.parametrize(
    "arguments",
    [
        ("--branch", "agent/x", "--gate", "merge"),
        ("--range", "main..agent/x"),
        ("--fleet", "--gate", "merge"),
    ],
)
def test_the_merge_gate_stays_closed_where_no_version_of_the_policy_can_be_read(
    broken: Repo, arguments: tuple[str, ...]
) -> None:
    said = refused(broken.path, "check", *arguments)
    assert said.message.startswith(
        "no version of the policy on main can be read, so nothing can be merged by it"
    )
    assert said.hint == "fix .agentledger/config.toml on main, and commit it there"


def test_other_gates_and_a_look_at_everything_stay_open_with_a_note(broken: Repo) -> None:
    for arguments in (("--branch", "agent/x", "--gate", "push"), ("--fleet",)):
        said = check(broken, *arguments)
        assert "note: " in said.out
        assert "Policy: " in said.out


def test_an_older_version_that_can_be_read_counts_and_says_so(broken: Repo) -> None:
    broken.commit("main", {".agentledger/config.toml": '[paths]\nopen = ["docs/**"]\n'})
    broken.commit("main", {".agentledger/config.toml": "enforce = \n"})
    broken.flush()
    said = check(broken, "--range", "main..agent/x")
    assert "OWN001" not in said.out
    assert "counts until it is fixed" in said.out


def test_where_nothing_is_enforced_it_ends_with_0_and_tells_all(repo: Repo) -> None:
    repo.commit("main", {".agentledger/config.toml": "enforce = false\n"})
    repo.flush()
    said = check(repo, "--branch", BAD, "--gate", "push")
    assert said.code == 0
    assert "error OWN001" in said.out
    assert "nothing is enforced here; 1 finding would have stopped it" in said.out


# -- formats ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [GOOD, BAD])
def test_every_format_ends_alike_and_says_the_same(repo: Repo, name: str) -> None:
    asked = ("--branch", name, "--gate", "push", "--format")
    said = {form: check(repo, *asked, form) for form in ("text", "json", "sarif", "github")}
    assert len({each.code for each in said.values()}) == 1
    strays = name == BAD
    assert ("OWN001" in said["text"].out) is strays
    assert ("::error file=docs/d.md,title=OWN001" in said["github"].out) is strays
    assert bool(json.loads(said["json"].out)["findings"]) is strays
    assert bool(json.loads(said["sarif"].out)["runs"][0]["results"]) is strays
    assert all(each.err == "" for each in said.values())
    assert (said["github"].out == "") is not strays


# -- agentledger rule -------------------------------------------------------------------


def test_a_rule_is_explained_by_id_or_name_in_any_case(tmp_path: Path) -> None:
    by_id = run(tmp_path, "rule", "OWN001")
    assert by_id.code == 0
    assert by_id.out.startswith("OWN001 outside-scope\n\n")
    assert "\nWhy: " in by_id.out
    assert "\nFix: " in by_id.out
    assert by_id.out == run(tmp_path, "rule", "outside-scope").out == run(tmp_path, "rule", "own001").out


def test_what_is_peculiar_to_a_rule_is_said(tmp_path: Path) -> None:
    assert "Not run where one of these reports something: PKT001." in run(tmp_path, "rule", "PKT003").out
    assert "it blocks nothing" in run(tmp_path, "rule", "KIL001").out


def test_all_rules_are_listed_with_their_levels(tmp_path: Path) -> None:
    lines = run(tmp_path, "rule").out.splitlines()
    listed = {line.split()[0]: line.split()[2:] for line in lines if line[:6] in {rule.id for rule in RULES}}
    assert list(listed) == [rule.id for rule in RULES]
    assert listed["BRF003"] == ["E", "·", "·", "·", "E"]
    assert "BRF004" not in listed  # it was wrong too often; the number is not used again
    assert listed["KIL001"] == ["·", "·", "·", "·", "w"]
    assert all(len(line) <= 80 for line in lines)


def test_rules_are_listed_for_programs(tmp_path: Path) -> None:
    known = json.loads(run(tmp_path, "rule", "--format", "json").out)
    jsonschema.validate(known, json.loads(shapes.encode_schema("rules")))
    assert [each["id"] for each in known["rules"]] == [rule.id for rule in RULES]
    (one,) = json.loads(run(tmp_path, "rule", "brief-broad", "--format", "json").out)["rules"]
    assert one == next(each for each in known["rules"] if each["id"] == "BRF005")
    assert (one["off"], one["levels"]["spawn"], one["levels"]["push"]) == (False, "warn", None)


def test_the_page_of_all_rules_is_what_the_repository_holds(tmp_path: Path) -> None:
    page = ROOT / "docs" / "rules.md"
    printed = run(tmp_path, "rule", "--format", "markdown").out
    assert page.read_text() == printed, "`make docs` writes it anew"
    rows = re.findall(r"(?m)^\| \[(\w+)\]\(#([\w-]+)\) ([\w-]+)", printed)
    assert [row[0] for row in rows] == [rule.id for rule in RULES]
    headings = [line.removeprefix("### ") for line in printed.splitlines() if line.startswith("### ")]
    assert headings == [f"{rule.id} {rule.name}" for rule in RULES]
    assert [anchor for _, anchor, _ in rows] == [head.lower().replace(" ", "-") for head in headings]
    assert "Usage" in run(tmp_path, "rule", "OWN001", "--format", "markdown").err


@pytest.mark.parametrize(
    ("name", "hint"),
    [("OWN01", "OWN001"), ("outside-scop", "Did you mean outside-scope or"), ("zzz", "lists them")],
)
def test_a_rule_that_is_not_there_is_refused_with_a_near_one(tmp_path: Path, name: str, hint: str) -> None:
    said = run(tmp_path, "rule", name)
    assert (said.code, said.out) == (2, "")
    assert f"No rule {name!r}." in said.err
    assert hint in said.err


# -- what the hooks judge, by hand ---------------------------------------------------------


def test_the_index_is_judged_as_the_commit_hook_does(tmp_path: Path) -> None:
    repo = made(tmp_path)
    repo.git("switch", "-q", "-c", "agent/x", "main")
    assert run(repo.path, "check", "--staged").code == 0
    (repo.path / "docs/d.md").write_text("mine\n")
    repo.git("add", "-A")
    said = run(repo.path / "src", "check", "--staged")
    assert (said.code, "OWN001" in said.out) == (1, True)
    told = json.loads(run(repo.path, "check", "--staged", "--format", "json").out)
    assert (told["gate"], told["blocked"], told["findings"][0]["path"]) == ("commit", True, "docs/d.md")


def test_a_push_is_judged_by_the_lines_that_git_would_give(tmp_path: Path) -> None:
    repo = made(tmp_path)
    repo.git("switch", "-q", "-c", "agent/x", "main")
    (repo.path / "docs/d.md").write_text("mine\n")
    repo.git("commit", "-q", "--no-verify", "-a", "-m", "slip")
    head = repo.git("rev-parse", "HEAD").strip()
    line = f"refs/heads/agent/x {head} refs/heads/agent/x {'0' * 40}\n"
    done = run(repo.path, "check", "--push", given=line.encode())
    assert (done.code, "[agent/x] docs/d.md" in done.out) == (1, True)
    assert run(repo.path, "check", "--push").code == 0


@pytest.mark.parametrize("more", [("--push",), ("--gate", "merge"), ("--base", "main")])
def test_what_a_hook_judges_takes_no_gate_of_its_own(tmp_path: Path, more: tuple[str, ...]) -> None:
    said = run(made(tmp_path).path, "check", "--staged", *more)
    assert said.code == 2


def test_a_fleet_with_a_branch_that_cannot_be_read_does_not_pass_a_gate(tmp_path: Path) -> None:
    repo = made(tmp_path)
    repo.commit("agent/x", {"src/a.py": "mine\n"}, parents=["main"])
    repo.commit("agent/x", {"src/a.py": "more\n"})
    repo.flush()
    damage.remove(repo, "agent/x~1")
    assert run(repo.path, "check", "--fleet").code == 0
    said = run(repo.path, "check", "--fleet", "--gate", "push")
    assert said.code == 2, said
    assert "not judged: agent/x could not be read" in said.out
    told = json.loads(run(repo.path, "check", "--fleet", "--gate", "push", "--format", "json").out)
    assert (told["blocked"], len(told["unjudged"])) == (False, 1)
    assert "::error title=not judged::" in run(repo.path, "check", "--fleet", "--format", "github").out
