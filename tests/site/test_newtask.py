"""The page on which a new task is begun, and the repository's own templates."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.site.test_forge_pages import REMOTE, filled, on_github

import reading
import sitefleet as sf
from agentledger import documents
from agentledger.model.fleet import Control
from agentledger.model.ledger import Source
from agentledger.site import newtask
from cases import raw_document
from gitrepo import Content
from writing import CONTROL, Desk, brief


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return on_github(tmp_path / "r")


def test_a_new_task_begins_with_the_template(desk: Desk) -> None:
    page = newtask.build_new_task(reading.fleet(desk.repo))
    assert page.link is not None
    assert filled(page.link) == ("tasks/NEW-TASK/brief.md", page.text)
    ours = page.text.replace("task: ", "task: y", 1)
    found = documents.parse_brief(raw_document(Source(path="tasks/y/brief.md"), ours.encode()))
    # What is left is what only a person can say: nothing in it is wrong as it stands.
    assert {problem.kind for problem in found.document.problems} == {"incomplete"}


def test_a_new_task_begins_with_the_repository_s_own_template(desk: Desk) -> None:
    own = b"---\ntask:\n---\n## Outcome\n"
    desk.repo.commit("main", {".agentledger/templates/brief.md": own}, parents=[desk.root])
    assert newtask.build_new_task(reading.fleet(desk.repo)).text == own.decode()


def run(steps: list[str], at: Path) -> None:
    for step in steps:
        done = subprocess.run(["/bin/sh", "-ec", step], cwd=at, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (step, done.stderr)


@pytest.mark.parametrize("where", ["here", "remote", "nowhere"])
def test_the_steps_for_a_shell_make_a_planned_task(desk: Desk, tmp_path: Path, where: str) -> None:
    desk.says({"brief.md": brief()})
    desk.repo.checkout("main")
    if where != "here":
        desk.repo.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
        desk.repo.git("update-ref", "-d", f"refs/heads/{CONTROL}")
    if where == "nowhere":
        desk.repo.git("update-ref", "-d", REMOTE + CONTROL)
    steps = [
        step.text.replace("NEW-TASK", "y") for step in newtask.build_new_task(reading.fleet(desk.repo)).steps
    ]
    (file,) = (step for step in steps if step.endswith("brief.md"))
    at = steps.index(file)
    assert steps[-1] == "agentledger sync"
    run(steps[:at], desk.repo.path)
    (desk.repo.path / file).write_text(brief("y"))
    run(steps[at + 1 : -1], desk.repo.path)
    found = {task.id: (task.brief_from, task.branches) for task in reading.fleet(desk.repo).tasks}
    assert found["y"] == ("control", ())
    assert not (tmp_path / "r.ledger").exists()


def test_a_repository_without_tasks_has_no_such_page() -> None:
    assert not newtask.is_offered(sf.fleet(sf.branch("x"), control=Control(CONTROL)))
    assert newtask.is_offered(sf.fleet(control=Control(CONTROL, "refs/heads/x", sf.oid("x"))))


def test_templates_are_read_from_base_and_only_those_that_are_known(desk: Desk) -> None:
    folder = ".agentledger/templates/"
    kept: dict[str, Content] = {
        f"{folder}brief.md": "a",
        f"{folder}review.md": b"\xff",
        f"{folder}other.md": "b",
    }
    left: dict[str, Content] = {
        f"{folder}packet.md": "x" * (documents.MOST_BYTES + 1),
        f"{folder}status.md/a": "c",
    }
    desk.repo.commit("main", kept | left, parents=[desk.root])
    desk.repo.commit("agent/x", {f"{folder}status.md": "d"})
    assert reading.fleet(desk.repo).templates == {"brief": "a", "review": "\ufffd"}
