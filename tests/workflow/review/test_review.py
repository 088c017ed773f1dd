"""`agentledger review`: what it shows, what it writes about which commit, and how it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agentledger.documents import parse_review
from agentledger.model.ledger import Review, Source
from agentledger.model.ledger_paths import folder_of_branch
from agentledger.reports import shapes
from cases import raw_document
from command import PROGRAM, Said, board, branches, page, refused, run, site
from controls import files
from gitrepo import Repo
from killed import at_each_write, sound
from nextcommand import find_command, type_command
from terminal import editor, terminal
from writing import FOLDER, Desk, check_in, evidence

PACKET = (
    "---\ntask: x\nbase: {base}\nhead: {head}\n---\n## Summary\nIt is fast.\n## Why this approach\nIt is short.\n"
    "## Files touched\n- `src/a.py`\n"
    "## Acceptance criteria\n- [x] It takes a second\n  - test\n"
    "## Test plan and results\nNo tests: it is a number.\n## Risks and follow-ups\nNone.\n"
)
LOOSE = "claude/logo"


class Scene(Desk):
    """Task x, said to be ready with all that the rules want; and a branch without a task."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        packet = PACKET.format(base=self.root.id, head=self.code.id)
        self.says({"evidence/test.json": evidence(self.code), "packet.md": packet})
        self.says({"status/9.md": check_in("ready")})
        self.repo.commit(
            LOOSE, {"logo.txt": "1\n"}, parents=[self.root], message="Draw it", at=int(time.time())
        )
        self.repo.flush()
        self.repo.checkout("main")

    def head(self, branch: str = "agent/x") -> str:
        return self.repo.git("rev-parse", branch).strip()

    def adds(self, path: str, text: str, branch: str = "agent/x", **more: Any) -> None:
        """Another commit, on top of what commands have made."""
        self.repo.commit(branch, {path: text}, parents=[self.head(branch)], **more)
        self.repo.flush()

    def types(self, *arguments: str, code: int = 0) -> Said:
        said = run(self.repo.path, "review", *arguments)
        assert said.code == code, said
        return said

    def document(self, schema: str, *arguments: str, code: int = 0) -> Any:
        said = self.types(*arguments, "--format", "json", code=code)
        document = json.loads(said.out)
        jsonschema.validate(document, json.loads(shapes.encode_schema(schema)))
        return document

    def written(self, folder: str = "x") -> dict[str, Review]:
        """The reviews on the control branch, by path."""
        return {
            path: parse_review(raw_document(Source(path=path), text.encode()))
            for path, text in files(self.repo).items()
            if path.startswith(f"tasks/{folder}/reviews/")
        }


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.delenv(name)
    return Scene(tmp_path / "a repo")


# -- looking ----------------------------------------------------------------------------------


def test_it_shows_what_to_decide_from_and_each_command_is_about_that_head(scene: Scene) -> None:
    before, head = files(scene.repo), scene.head()[:12]
    shown = scene.types("x").out
    lines = shown.splitlines()
    assert lines[0] == "agent/x: x (task x)"
    assert lines[1].startswith(f"head {head} ")
    assert lines[3].startswith("not reviewed")
    for line in (
        "  test passed (claimed)",
        "  It takes a second: said to be met",
        "    shown by test",
        "    M src/a.py +1 -1",
        "the diff: git diff main...agent/x",
    ):
        assert line in lines, shown
    for verdict in ("approve", "ask for changes", "reject"):
        command = find_command(shown, f"^{verdict}: (.*)$")
        assert f"review agent/x --head {head} --" in command
        type_command(scene.repo.path, f"{command} --dry-run")
    assert "+2" not in shown  # the diff itself is left to its command
    assert "+2" in type_command(scene.repo.path, find_command(shown, "^the diff: (.*)$")).out
    assert files(scene.repo) == before


def test_the_document_of_a_look_has_the_same(scene: Scene) -> None:
    data = scene.document("review-look", "agent/x")
    assert (data["branch"], data["task"], data["head"], data["state"]) == (
        "agent/x",
        "x",
        scene.head(),
        "open",
    )
    assert data["reviewed"]["state"] == "not reviewed"
    assert [(f["path"], f["risks"]) for f in data["files"]] == [("src/a.py", [])]
    assert [each["decision"] for each in data["decisions"]] == ["approve", "ask for changes", "reject"]


# -- deciding ---------------------------------------------------------------------------------


def test_an_approval_is_bound_to_the_change_and_is_seen_everywhere(scene: Scene, tmp_path: Path) -> None:
    head = scene.head()
    data = scene.document("reviewed", "x", "--head", head[:9], "--approve")
    ((path, review),) = scene.written().items()
    assert data["path"] == path
    assert (review.verdict, review.kind, review.branch, review.head) == ("approve", "human", "agent/x", head)
    assert review.change
    assert data["stopped_by"] == []
    assert (
        scene.repo.git("log", "-1", "--format=%s", "agentledger").strip().endswith("review agent/x: approve")
    )
    assert branches(scene.repo.path)["agent/x"]["turn"]["about"] == "approved"
    assert "approved by" in scene.types("x").out
    # Only a check-in more, so the same change: what was shown can still be decided on.
    scene.adds(FOLDER + "status/99.md", check_in("ready", minutes=59))
    again = scene.types("agent/x", "--head", head, "--approve")
    assert f"warning: the head is {scene.head()[:12]} by now, which is the same change" in again.out


def test_a_head_that_moved_is_refused_and_what_came_is_said(scene: Scene) -> None:
    seen = scene.head()[:12]
    scene.adds("src/a.py", "3\n4\n", message="Two lines")
    before = files(scene.repo)
    said = refused(scene.repo.path, "review", "x", "--head", seen, "--approve")
    assert said.message == (
        f"agent/x is not what was looked at any more; since {seen}: 1 commit, 1 file, +2 -1 lines"
    )
    assert files(scene.repo) == before
    shown = type_command(scene.repo.path, find_command(said.hint, "agentledger review .*"))
    assert scene.head()[:12] in shown.out
    # To look with the old id shows the same, and the command for what is different.
    since = scene.types("x", "--head", seen).out
    assert "Two lines" in since
    assert "+4" in type_command(scene.repo.path, find_command(since, "what is different: (.*)$")).out
    # What base brought is not counted, and the command does not show it.
    repo, tip = scene.repo, scene.head()
    base = repo.commit("main", {"other.txt": "base's\n"}, parents=[repo.git("rev-parse", "main").strip()])
    repo.commit("agent/x", {"src/a.py": "5\n", "other.txt": "base's\n"}, parents=[tip, base])
    repo.flush()
    since = scene.types("x", "--head", seen).out
    assert "1 file, +1 -1 lines; base was merged in, which is not counted" in since
    diff = type_command(repo.path, find_command(since, "what is different: (.*)$")).out
    assert "+5" in diff
    assert "base's" not in diff
    assert run(repo.path, "review", "x", "--head", "", "--approve").code == 2


def test_points_stay_open_until_a_review_says_that_they_are_settled(scene: Scene) -> None:
    data = scene.document(
        "reviewed", "x", "-m", "See below.", "--request-changes", "--point", "src/a.py:1 say what"
    )
    assert data["open_points"] == ["src/a.py:1 say what"]
    assert branches(scene.repo.path)["agent/x"]["turn"]["about"] == "changes"
    scene.types("x", "--point", "./src/a.py: no name for it")
    scene.adds("src/a.py", "3\n")
    shown = scene.types("x").out
    assert "  1. src/a.py:1 say what\n  2. src/a.py: no name for it\n" in shown
    assert "changes requested by" in shown
    assert "1 commit, 1 file, +1 -1 lines" in shown
    half = scene.document("reviewed", "x", "--approve", "--settled", "2", code=1)
    assert (half["settled"], half["open_points"]) == (["src/a.py: no name for it"], ["src/a.py:1 say what"])
    assert "REV004" in {each["rule"] for each in half["stopped_by"]}
    approve = find_command(scene.types("x").out, "^approve: (.*)$")
    whole = type_command(scene.repo.path, approve, code=1)
    assert "REV004" not in whole.out
    assert "EVD" in whole.out  # the code came after the evidence: written, said, and 1
    assert [r.verdict for r in scene.written().values()].count("approve") == 2


def test_of_two_reviews_within_one_second_an_approval_does_not_win(scene: Scene) -> None:
    at = int(time.time())
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    front = f"---\nat: {stamp}\nkind: human\nbranch: agent/x\nhead: {scene.head()}\nverdict: "
    texts = {f"tasks/x/reviews/{n}.md": f"{front}{v}\n---\n" for n, v in enumerate(("reject", "approve"))}
    scene.repo.commit("agentledger", texts, parents=[scene.head("agentledger")], at=at)
    scene.repo.flush()
    assert scene.types("x").out.splitlines()[3].startswith("rejected by")


def test_two_points_at_one_place_are_two(scene: Scene) -> None:
    both = ["src/a.py:1 say what", "src/a.py:1 and why"]
    data = scene.document("reviewed", "x", "--point", both[0], "--point", both[1])
    assert data["open_points"] == both
    assert "  1. src/a.py:1 say what\n  2. src/a.py:1 and why\n" in scene.types("x").out
    later = scene.document("reviewed", "x", "--point", "src/a.py:1 a third", "--settled", "1")
    assert later["open_points"] == [both[1], "src/a.py:1 a third"]
    assert "  1. src/a.py:1 and why\n  2. src/a.py:1 a third\n" in scene.types("x").out


def test_a_point_can_be_about_a_comment_and_about_a_path_with_colons(scene: Scene) -> None:
    scene.adds("src/a:12 b.html", "<!-- TODO -->\n")
    points = [
        "src/a:12 b.html:1 the <!-- TODO is left",
        "src/a:12 b.html: `<!-- TODO -->` is a note",
        "src/a.py:1 say what",
    ]
    typed = [word for point in points for word in ("--point", point)]
    assert scene.document("reviewed", "x", *typed)["open_points"] == points
    (review,) = scene.written().values()
    assert [item.text for item in review.findings] == points
    assert "".join(f"  {at}. {point}\n" for at, point in enumerate(points, 1)) in scene.types("x").out


def test_two_reviewers_at_once_are_both_kept(scene: Scene) -> None:
    scene.types("x", "--approve")
    approve = find_command(scene.types("x").out, "^approve: (.*)$")
    scene.types("x", "--point", "src/a.py:1 not so", "-m", "Wait.")
    said = run(scene.repo.path, *approve.split()[1:])
    assert said.code == 2
    assert "has reviewed agent/x meanwhile: request-changes" in said.message
    # At the very same moment: the later one is written on top of the other.
    words = [*PROGRAM, "review", "x", "--reject", "-m"]
    both = [
        subprocess.Popen([*words, f"No {n}."], cwd=scene.repo.path, stdout=subprocess.DEVNULL) for n in (1, 2)
    ]
    assert [each.wait(60) for each in both] == [0, 0]
    assert len(scene.written()) == 4


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("--point", "src/b.py:1 x"), "agent/x has no file src/b.py", "did you mean src/a.py?"),
        (("--point", "src/a.py"), "that is no point: src/a.py", "path:line text"),
        (("--point", "src/a.py:1 todo"), "that is no point: src/a.py:1 todo", "path:line text"),
        (("--reject",), "the review says reject, and not why", "-m says it"),
        (("--reject", "-m", "<!-- why not -->"), "the review says reject, and not why", "-m says it"),
        (("--approve", "--settled", "1"), "the last review has no open point 1", "it left none open"),
        (
            ("--approve", "--head", "zz"),
            "--head takes a commit's id, and not zz",
            "agentledger review agent/x",
        ),
        (("--approve", "--head", "0123456789"), "this clone has no commit 0123456789", "agentledger review"),
        (
            ("--request-changes", "-m", "```\nopen", "--point", "src/a.py:1 x"),
            "the review's text hides its points from readers",
            "close every code fence",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_helps(
    scene: Scene, arguments: tuple[str, ...], message: str, hint: str
) -> None:
    before = files(scene.repo)
    said = refused(scene.repo.path, "review", "x", *arguments)
    assert message in said.message
    assert hint in said.hint
    assert files(scene.repo) == before


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("main", "main is the base", "agentledger board"),
        ("agentledger", "agentledger is the manager's own branch", "agentledger board"),
        ("agent/y", "there is no branch or task named agent/y", "did you mean agent/x"),
        ("later", "nobody works on later yet", "agentledger spawn later"),
        ("two", "2 branches work on two: agent/two, agent/two-b", "name the branch"),
        ("agent/lost", "agent/lost could not be read", "git fsck"),
        ("agent/none", "agent/none has no change to review", "agentledger board --all"),
    ],
)
def test_a_branch_that_cannot_be_reviewed_says_why(scene: Scene, name: str, message: str, hint: str) -> None:
    repo = scene.repo
    text = files(repo)["tasks/x/brief.md"]
    control = {f"tasks/{task}/brief.md": text.replace('"x"', f'"{task}"') for task in ("later", "two")}
    repo.commit("agentledger", control, parents=[scene.head("agentledger")])
    for branch in ("agent/two", "agent/two-b"):
        repo.commit(
            branch, {f".agentledger/tasks/two/status/{branch[-1]}.md": check_in()}, parents=[scene.root]
        )
    repo.commit("agent/none", {}, parents=[scene.root])
    repo.flush()
    (repo.path / ".git/refs/heads/agent/lost").write_text("1" * 40 + "\n")
    said = refused(repo.path, "review", name, "--approve")
    assert message in said.message
    assert hint in said.hint


def test_a_branch_that_is_gone_comes_back_by_the_command_that_is_named(scene: Scene) -> None:
    repo, head = scene.repo, scene.head()
    keys = f"---\nat: 2023-11-14T22:20:00Z\nbranch: agent/x\nhead: {head}\n---\n"
    repo.commit("agentledger", {"tasks/x/attempts/agent/x.md": keys}, parents=[scene.head("agentledger")])
    repo.flush()
    repo.git("update-ref", "-d", "refs/heads/agent/x")
    for name in ("agent/x", "x"):
        said = refused(repo.path, "review", name)
        assert said.message == "the branch agent/x is gone"
    type_command(repo.path, find_command(said.hint, "(git branch .*) brings back"))
    assert scene.head()[:12] in scene.types("x").out


def test_an_agent_is_no_reviewer_and_nobody_is_none(scene: Scene, tmp_path: Path) -> None:
    repo = scene.repo
    beside = repo.worktree_add(tmp_path / "beside", "agent/x")
    assert "the manager's" in refused(beside.path, "review", "x", "--approve").message
    assert run(beside.path, "review", "x").code == 0  # looking is anybody's
    nobody = dict.fromkeys(
        ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"), ""
    )
    config = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.useConfigOnly", "GIT_CONFIG_VALUE_0": "true"}
    said = run(repo.path, "review", "x", "--approve", env=nobody | config)
    assert said.code == 2, said
    assert scene.written() == {}


def test_a_control_branch_that_is_somebody_else_s_is_not_written_to(scene: Scene) -> None:
    scene.repo.git("update-ref", "refs/heads/agentledger", scene.root.id)
    said = refused(scene.repo.path, "review", LOOSE, "--approve")
    assert "agentledger" in said.message
    assert scene.head("agentledger") == scene.root.id


# -- in an editor, and killed -------------------------------------------------------------------


def test_a_head_that_moves_while_the_editor_is_open_is_refused_and_the_text_is_kept(
    scene: Scene, tmp_path: Path
) -> None:
    git = f"git -C '{scene.repo.path}'"
    tree = f"$({git} rev-parse main^{{tree}})"
    moves = f"{git} update-ref refs/heads/agent/x $({git} commit-tree -p agent/x -m moved {tree})"
    says = 'printf "Not so.\\n- src/a.py:1 say what\\n" | cat - "$1" >x; mv x "$1"'
    with terminal(
        scene.repo.path, "review", "x", "--request-changes", env=editor(tmp_path, f"{says}; {moves}")
    ) as at:
        assert at.ended() == 2
    assert "is not what was looked at any more" in at.shown
    assert scene.written() == {}
    kept = list((scene.repo.path / ".git/agentledger/kept").iterdir())
    assert "Not so." in kept[0].read_text()
    scene.repo.git("update-ref", "refs/heads/agent/x", "agent/x~1")
    with terminal(scene.repo.path, "review", "x", "--request-changes", env=editor(tmp_path, "true")) as at:
        assert at.ended() == 0, at.shown
    (review,) = scene.written().values()
    assert [item.text for item in review.findings] == ["src/a.py:1 say what"]
    assert "Not so." in review.document.text
    assert not kept[0].exists()


def test_a_kill_at_any_write_leaves_a_whole_review_or_none(scene: Scene) -> None:
    repo, start = scene.repo, scene.head("agentledger")
    arguments = ("review", "x", "--approve")
    for _ in at_each_write(
        repo.path,
        repo.path.parent,
        *arguments,
        before=lambda: repo.git("update-ref", "refs/heads/agentledger", start),
    ):
        sound(repo.path)
        if not scene.written():
            assert run(repo.path, *arguments).code == 0
        assert all(review.verdict == "approve" for review in scene.written().values())


# -- branches without a task ---------------------------------------------------------------------


def test_a_branch_without_a_task_is_reviewed_and_no_task_comes_of_it(scene: Scene, tmp_path: Path) -> None:
    repo = scene.repo
    # Another name with the same folder.
    repo.commit("claude-logo", {"other.txt": "1\n"}, parents=[scene.root])
    repo.flush()
    listed = ("--branches", "claude*", "--branches", "agent/*")
    shown = scene.types(LOOSE)
    assert "it works on no task" in shown.out
    type_command(repo.path, find_command(shown.out, "^approve: (.*)$"))
    scene.types("claude-logo", "--point", "other.txt:1 why", "-m", "No.")
    assert len(scene.written("claude-logo")) == 2
    found = board(repo.path, *listed)
    assert [task["id"] for task in found["tasks"]] == ["x"]
    by_name = {branch["name"]: branch for branch in found["branches"]}
    for name, verdict in ((LOOSE, "approve"), ("claude-logo", "request-changes")):
        (review,) = by_name[name]["reviews"]
        assert (review["about"], review["fields"]["verdict"]) == ("same", verdict)
    text = run(repo.path, "board", "--dormant=never", *listed).out
    assert "Merge it: approved" in text
    assert "Wait, or look again" in text
    assert "Planned" not in text
    pages = site(repo.path, *listed)
    assert "approved by" in page(pages, by_name[LOOSE])
    assert "agentledger review claude/logo --head" in page(pages, by_name[LOOSE])
    assert "<b>No task</b>" in pages["check-ins.html"]
    # More code: the review is of an earlier change.
    scene.adds("logo.txt", "2\n", branch=LOOSE)
    entry = branches(repo.path, *listed)[LOOSE]
    assert entry["reviews"][0]["about"] == "other"
    assert entry["next_action"]["text"].startswith("Review it again: approved by")
    assert "agentledger review claude/logo --head" in entry["next_action"]["command"]
    # A rebase without another change: it is still about this one.
    repo.git("update-ref", f"refs/heads/{LOOSE}", f"{LOOSE}~1")
    repo.commit(LOOSE, {"logo.txt": "1\n"}, parents=[scene.root], message="Drawn anew")
    repo.flush()
    assert branches(repo.path, *listed)[LOOSE]["reviews"][0]["about"] == "rewritten"


def test_a_comment_that_an_agent_left_open_hides_no_point() -> None:
    text = (
        "---\nkind: human\nverdict: request-changes\n---\n## Findings\n<!-- One line each:\n- [ ] none\n-->\n"
        "- [ ] a.py:1 the <!-- is left\n- [ ] <!-- nothing -->\n- [ ] a.py:2 so is --> this\n"
    )
    review = parse_review(raw_document(Source(path="tasks/x/reviews/1.md"), text.encode()))
    assert [item.text for item in review.findings] == ["a.py:1 the <!-- is left", "a.py:2 so is --> this"]


def test_a_branch_that_is_given_a_brief_keeps_its_reviews(scene: Scene) -> None:
    repo = scene.repo
    scene.types(LOOSE, "--point", "logo.txt:1 too small")
    brief = files(repo)["tasks/x/brief.md"].replace('"x"', f'"drawn"\nbranch: "{LOOSE}"')
    repo.commit("agentledger", {"tasks/drawn/brief.md": brief}, parents=[scene.head("agentledger")])
    repo.flush()
    shown = scene.types("drawn").out
    assert "changes requested by" in shown
    assert "  1. logo.txt:1 too small\n" in shown
    entry = branches(repo.path)[LOOSE]
    assert [review["about"] for review in entry["reviews"]] == ["same"]
    assert entry["review_state"]["open_points"] != []
    again = scene.document("reviewed", "drawn", "--approve", "--settled", "all", code=1)
    assert again["path"].startswith("tasks/drawn/reviews/")
    assert "approved by" in scene.types("drawn").out


BROKEN = {
    "": "cannot be read",
    "---\nkind: human\nverdict: Approve\nbranch: agent/x\nhead: {head}\n---\n": "cannot be read",
    "---\nkind: human\nverdict: approve\nbranch: agent/x\nhead: {head:.8}\n---\n": "cannot be read",
    "---\nkind: human\nverdict: approve\nbranch: agent/x\nhead: {head}\n---\n": "approved by",
}


def test_an_approved_branch_that_is_out_of_bounds_is_not_said_to_be_called_ready(scene: Scene) -> None:
    scene.says({"status/99.md": check_in("working", minutes=59)})
    scene.adds("docs/x.md", "1\n")
    scene.types("x", "--approve", code=1)
    why = branches(scene.repo.path)["agent/x"]["turn"]["why"]
    assert why.startswith("it is approved, and cannot be merged: ")


def test_what_a_review_by_hand_does_not_say_is_not_said_of_it(scene: Scene) -> None:
    for text, says in BROKEN.items():
        content = text.format(head=scene.head())
        file = {"tasks/x/reviews/review-1.md": content}
        scene.repo.commit("agentledger", file, parents=[scene.head("agentledger")])
        scene.repo.flush()
        line = scene.types("x").out.splitlines()[3]
        assert says in line
        assert "about ," not in line
        assert says == "approved by" or not line.startswith(("approved", "changes"))


def test_a_name_that_no_document_can_hold_is_refused(scene: Scene) -> None:
    name = os.fsdecode(b"claude/l\xf6go")
    scene.repo.git("update-ref", f"refs/heads/{name}", LOOSE)
    said = run(scene.repo.path, "review", os.fsencode(name), "--approve")
    assert said.code == 2
    assert "cannot be written into a document" in said.message
    assert scene.written("claude-l-go") == {}


@pytest.mark.parametrize("name", ["claude/logo", "тест", "a" * 300, "x//Y..z"])
def test_a_branch_has_a_folder_that_can_be_one(name: str) -> None:
    folder = folder_of_branch(name)
    assert folder == folder.strip("-/.").lower()
    assert 0 < len(folder) <= 100
    assert folder.isascii()


# -- next ------------------------------------------------------------------------------------------


def test_next_approves_only_below_the_review_and_the_head_that_it_showed(scene: Scene) -> None:
    with terminal(scene.repo.path, "next") as at:
        assert "y approve" not in at.wait("q quit\n")
        at.press("r")
        shown = at.wait("q quit\n")
        assert "test passed (claimed)" in shown
        assert "y approve this head" in shown
        scene.adds("src/a.py", "4\n")
        at.press("y")
        at.wait("not done: agent/x is not what was looked at any more")
        at.wait("q quit\n")
        at.press("q")
        assert at.ended() == 0
    assert scene.written() == {}


def test_next_ends_with_the_branches_that_nobody_has_reviewed(scene: Scene, tmp_path: Path) -> None:
    says = 'printf -- "- logo.txt:1 larger\\n" | cat - "$1" >x; mv x "$1"'
    with terminal(scene.repo.path, "next", env=editor(tmp_path, says)) as at:
        at.wait("q quit\n")
        at.press("r")
        at.wait("q quit\n")
        at.press("y")
        at.wait("agent/x is approved at")
        at.wait("q quit\n")
        at.press("s")
        at.wait(f"{LOOSE} works on no task, and is not reviewed as it is")
        at.wait("q quit\n")
        at.press("r")
        at.wait("y approve this head")
        at.wait("q quit\n")
        at.press("c")
        at.wait("is sent back with changes")
        assert at.ended() == 0
    (review,) = scene.written("claude-logo").values()
    assert [item.text for item in review.findings] == ["logo.txt:1 larger"]


def test_an_answer_does_not_approve_finished_work(scene: Scene) -> None:
    for decision in ("approve", "reject"):
        said = refused(scene.repo.path, "answer", "x", "--decision", decision, "-m", "So.")
        assert f"an answer does not {decision} that" in said.message
        type_command(
            scene.repo.path, find_command(said.hint, f"then (agentledger review .* --{decision}.*)$")
        )
    assert run(scene.repo.path, "answer", "x", "--decision", "change", "-m", "So.").code == 0


# -- large -------------------------------------------------------------------------------------------


def test_forty_thousand_files_are_short(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "large")
    root = repo.commit("main", {"a.txt": "1\n"})
    repo.commit("claude/large", {f"d{n % 200}/f{n}.txt": "1\n" for n in range(40_000)}, parents=[root])
    repo.flush()
    repo.checkout("main")
    said = run(repo.path, "review", "claude/large")
    assert said.code == 0
    assert len(said.out.splitlines()) < 60
    assert "… and 39,985 more files" in said.out


def test_a_task_with_the_folder_s_name_does_not_get_the_branch_s_review(scene: Scene) -> None:
    repo = scene.repo
    text = files(repo)["tasks/x/brief.md"].replace('"x"', '"claude-logo"')
    repo.commit("agentledger", {"tasks/claude-logo/brief.md": text}, parents=[scene.head("agentledger")])
    repo.commit("agent/claude-logo", {"src/b.py": "1\n"}, parents=[scene.root])
    repo.flush()
    scene.types(LOOSE, "--approve")
    by_name = branches(repo.path)
    assert [len(by_name[name]["reviews"]) for name in (LOOSE, "agent/claude-logo")] == [1, 0]
    assert "not reviewed" in scene.types("claude-logo").out
