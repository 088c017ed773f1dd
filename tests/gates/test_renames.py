"""Renames over the edge of a scope: following what the message says puts both sides back, and loses nothing.

Belongs here: what an agent types, at commit and at push, with real git. Does not: which paths are judged (see
`test_commit`).
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from command import run
from desk import Desk, Pushed, checked, stopping

pytestmark = pytest.mark.table

# Long enough that an edit leaves it a rename.
TEXT = "".join(f"line {number} of this file\n" for number in range(40))
SMALL = "a few bytes\n"
EDIT = "an edit that nobody wants to lose\n"
FOLDER = {
    f"{folder}/{number}.py": f"{folder} {number}\n" * 9
    for folder in ("src/pkg", "src/pkg/sub")
    for number in range(30)
}
FILES = {
    "src/a.py": TEXT.replace("line", "a"),
    "src/only/x.py": TEXT.replace("line", "x"),
    "src/a b's é.py": TEXT.replace("line", "odd"),
    "src/small.py": SMALL,
    "docs/small.md": "and a few others\n",
    "docs/d.md": TEXT.replace("line", "d"),
    "top.txt": TEXT.replace("line", "top"),
    **FOLDER,
    "lib/one/1.py": TEXT.replace("line", "one"),
    **{f"lib/pkg/{number}.py": f"lib {number}\n" * 9 for number in range(30)},
}


@pytest.fixture
def here(tmp_path: Path) -> Pushed:
    made = Pushed(tmp_path, linked=True)
    made.repo.commit("main", FILES, parents=[made.repo.git("rev-parse", "main")])
    made.repo.flush()
    made.repo.git("push", "-q", "--no-verify", "origin", "main")
    made.desk.git("reset", "-q", "--hard", "main")
    made.slip("src/mine.py", "mine\n")
    return made


def moved(*pairs: tuple[str, str], edit: bool = False) -> Callable[[Desk], None]:
    def tell(desk: Desk) -> None:
        for source, target in pairs:
            (desk.path / target).parent.mkdir(parents=True, exist_ok=True)
            desk.git("mv", "-f", source, target)
            if edit:
                with (desk.path / target).open("a") as file:
                    file.write(EDIT)
                desk.git("add", "--", target)

    return tell


def folder_to_file(desk: Desk) -> None:
    moved(("lib/one/1.py", "lib/tmp"), edit=True)(desk)
    (desk.path / "lib/one").rmdir()
    moved(("lib/tmp", "lib/one"))(desk)


OUT = {
    "own to foreign": moved(("src/a.py", "docs/a.py")),
    "own to foreign, edited": moved(("src/a.py", "docs/a.py"), edit=True),
    "own to the top": moved(("src/a.py", "a.py")),
    "the last of its folder": moved(("src/only/x.py", "docs/new/y.py"), edit=True),
    "an odd name": moved(("src/a b's é.py", "docs/it's é.py"), edit=True),
    "a name that nobody can type": moved(("src/a.py", "docs/a\tb.py")),
    "foreign to own": moved(("docs/d.md", "src/d.md")),
    "foreign to own, edited": moved(("docs/d.md", "src/d.md"), edit=True),
    "from the top": moved(("top.txt", "src/top.txt")),
    "foreign to foreign": moved(("docs/d.md", "docs/e.md")),
    "foreign to foreign, edited": moved(("docs/d.md", "lib/e.md"), edit=True),
    "case alone": moved(("docs/d.md", "docs/D.md")),
    "over a foreign file": moved(("src/a.py", "docs/d.md"), edit=True),
    "a small one over a foreign file": moved(("src/small.py", "docs/small.md")),
    "over a foreign file, unchanged": moved(("src/a.py", "docs/d.md")),
    "a foreign file over an own one": moved(("docs/d.md", "src/a.py")),
    "a foreign file over a foreign one": moved(("docs/d.md", "top.txt"), edit=True),
    "a folder, own to foreign": moved(("src/pkg", "docs/pkg")),
    "a folder, foreign to own": moved(("lib/pkg", "src/lib")),
    "a folder, foreign to foreign": moved(("lib/pkg", "lib/other")),
    "a file to a folder": moved(("docs/d.md", "docs/tmp"), ("docs/tmp", "docs/d.md/d.md"), edit=True),
    "a folder to a file": folder_to_file,
    "two that change places with a third": moved(
        ("docs/d.md", "docs/tmp"), ("src/a.py", "docs/d.md"), ("docs/tmp", "src/a.py")
    ),
}
EDITED = {name for name in OUT if "edited" in name} | {
    "a file to a folder",
    "a folder to a file",
    "an odd name",
}
WITHIN = {
    "own to own": moved(("src/a.py", "src/new/b.py"), edit=True),
    "own, case alone": moved(("src/a.py", "src/A.py")),
    "a folder of its own": moved(("src/pkg", "src/package")),
}


def commands(said: str) -> list[str]:
    """What the messages say to type, each once."""
    return list(dict.fromkeys(re.findall(r"(?m)^error .*\n  .*\n  next: (.*)$", said)))


def obeyed(desk: Desk, said: str, folder: str = ".") -> None:
    """The agent types all of it, and nothing else."""
    for command in commands(said):
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=desk.path / folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stderr)


def listed(desk: Desk, *arguments: str) -> set[str]:
    return set(desk.git(*arguments, "-z").split("\0")[:-1])


def kept(desk: Desk) -> bool:
    """Is what the agent wrote still in a file, or in the branch's history?"""
    files = [path for path in desk.path.rglob("*") if path.is_file() and ".git" not in path.parts]
    texts = [path.read_text(errors="replace") for path in files]
    return any(EDIT in text for text in texts) or EDIT.strip() in desk.git("log", "-p", "main..HEAD")


def is_whole(desk: Desk) -> None:
    """Nothing that base has is gone from the branch, or is different outside of its scope."""
    assert listed(desk, "ls-tree", "-r", "--name-only", "main") <= listed(
        desk, "ls-tree", "-r", "--name-only", "HEAD"
    )
    assert listed(desk, "diff", "--name-only", "main", "HEAD", "--", ":!src") == set()


@pytest.mark.parametrize("name", OUT)
def test_who_commits_it_puts_both_sides_back(here: Pushed, name: str) -> None:
    desk = here.desk
    OUT[name](desk)
    said = desk.commit()
    assert "OWN001" in stopping(said)
    obeyed(desk, said)
    # All of it is undone by one message: nothing is left to commit but what is the task's.
    assert all(path.startswith("src/") for path in listed(desk, "diff", "--cached", "--name-only"))
    assert all(path.startswith("src/") for path in listed(desk, "diff", "--name-only", "HEAD"))
    assert desk.commit("--allow-empty") == ""
    is_whole(desk)
    assert EDITED.isdisjoint([name]) or kept(desk)
    # The usual next step of an agent takes nothing along that removes a file.
    desk.write("src/mine.py", "more\n")
    assert desk.commit("-a") == ""
    is_whole(desk)
    assert here.push("agent/x") == ""


@pytest.mark.parametrize("name", OUT)
def test_once_it_is_committed_both_sides_are_put_back_in_a_commit(here: Pushed, name: str) -> None:
    desk = here.desk
    OUT[name](desk)
    desk.git("commit", "-q", "--no-verify", "-m", "slip")
    said = here.push("agent/x")
    assert "OWN001" in stopping(said)
    obeyed(desk, said)
    assert listed(desk, "status", "--porcelain", "-uno") == set()
    is_whole(desk)
    assert EDITED.isdisjoint([name]) or kept(desk)
    assert here.push("agent/x") == ""
    assert checked(here.repo) == set()


def slipped(desk: Desk) -> None:
    desk.git("commit", "-q", "--no-verify", "-a", "-m", "slip")


def made_and_moved(desk: Desk) -> None:
    """A file of the branch's own, which base has never had, and edited where it is now."""
    moved(("src/mine.py", "docs/mine.py"))(desk)
    slipped(desk)
    with (desk.path / "docs/mine.py").open("a") as file:
        file.write(EDIT)
    slipped(desk)


def moved_twice(desk: Desk) -> None:
    moved(("src/mine.py", "src/yours.py"), edit=True)(desk)
    slipped(desk)
    moved(("src/yours.py", "docs/yours.py"))(desk)
    slipped(desk)


def made_outside_and_moved(desk: Desk) -> None:
    desk.write("docs/new.md", TEXT)
    desk.git("add", "-A")
    slipped(desk)
    moved(("docs/new.md", "docs/newer.md"))(desk)
    slipped(desk)


def edited_before_it_was_moved(desk: Desk) -> None:
    desk.write("src/a.py", FILES["src/a.py"] + EDIT)
    slipped(desk)
    moved(("src/a.py", "docs/a.py"))(desk)
    slipped(desk)


def moved_while_base_goes_on(desk: Desk) -> None:
    moved(("docs/d.md", "docs/e.md"), ("src/a.py", "docs/a.py"))(desk)
    slipped(desk)
    desk.repo.commit(
        "main",
        {"docs/d.md": FILES["docs/d.md"] + "more of base's\n"},
        parents=[desk.repo.git("rev-parse", "main")],
    )
    desk.repo.flush()


@pytest.mark.parametrize(
    "tell",
    [
        made_and_moved,
        moved_twice,
        made_outside_and_moved,
        edited_before_it_was_moved,
        moved_while_base_goes_on,
    ],
    ids=lambda tell: tell.__name__,
)
def test_what_the_branch_itself_made_or_changed_is_not_lost_by_putting_it_back(
    here: Pushed, tell: Callable[[Desk], None]
) -> None:
    desk = here.desk
    desk.write("src/mine.py", TEXT.replace("line", "mine"))
    slipped(desk)
    tell(desk)
    said = here.push("agent/x")
    assert "OWN001" in stopping(said)
    obeyed(desk, said)
    assert here.push("agent/x") == ""
    assert checked(here.repo) == set()
    expected = {
        made_and_moved: ("src/mine.py", TEXT.replace("line", "mine") + EDIT),
        moved_twice: ("src/yours.py", TEXT.replace("line", "mine") + EDIT),
        edited_before_it_was_moved: ("src/a.py", FILES["src/a.py"] + EDIT),
    }
    if tell in expected:
        path, text = expected[tell]
        assert desk.git("show", f"HEAD:{path}") == text
    assert listed(desk, "diff", "--name-only", "--diff-filter=D", "main", "HEAD") == set()


def test_a_stand_in_where_the_file_was_is_left_alone(here: Pushed) -> None:
    moved(("src/a.py", "docs/a.py"))(here.desk)
    here.desk.write("src/a.py", "from docs.a import everything\n")
    here.desk.git("add", "-A")
    obeyed(here.desk, here.desk.commit())
    assert here.desk.commit() == ""
    assert (here.desk.path / "docs/a.py").read_text() == FILES["src/a.py"]


@pytest.mark.parametrize("name", WITHIN)
def test_within_the_scope_it_passes(here: Pushed, name: str) -> None:
    WITHIN[name](here.desk)
    assert here.desk.commit() == ""
    assert here.push("agent/x") == ""


@pytest.mark.parametrize("gate", ["commit", "push", "ready", "merge"])
def test_the_message_names_both_sides_and_one_command(here: Pushed, gate: str) -> None:
    OUT["own to foreign, edited"](here.desk)
    if gate == "commit":
        said = here.desk.commit()
    else:
        here.desk.git("commit", "-q", "--no-verify", "-m", "slip")
        said = run(here.desk.path, "check", "agent/x", "--gate", gate).out
    assert "docs/a.py (renamed from src/a.py) is outside the scope; the brief owns src/**" in said
    back = 'cd "$(git rev-parse --show-toplevel)" && mkdir -p -- src && git mv -- docs/a.py src/a.py'
    after = "" if gate == "commit" else " && git commit -m 'take back what is not in scope'"
    assert f"  next: ({back}){after}\n" in said


def test_edits_come_back_to_where_the_file_was_and_are_committed(here: Pushed) -> None:
    OUT["own to foreign, edited"](here.desk)
    obeyed(here.desk, here.desk.commit())
    assert here.desk.commit() == ""
    assert here.desk.git("show", "--format=", "--name-status").split() == ["M", "src/a.py"]
    assert here.desk.git("show", "HEAD:src/a.py").endswith(EDIT)


def test_edits_that_nobody_has_staged_stay(here: Pushed) -> None:
    OUT["own to foreign"](here.desk)
    with (here.desk.path / "docs/a.py").open("a") as file:
        file.write(EDIT)
    obeyed(here.desk, here.desk.commit())
    assert (here.desk.path / "src/a.py").read_text().endswith(EDIT)


@pytest.mark.parametrize("name", ["own to foreign", "foreign to own, edited", "a folder, own to foreign"])
def test_it_can_be_typed_in_any_folder(here: Pushed, name: str) -> None:
    OUT[name](here.desk)
    (here.desk.path / "elsewhere").mkdir()
    obeyed(here.desk, here.desk.commit(), "elsewhere")
    assert here.desk.commit("--allow-empty") == ""
    is_whole(here.desk)


def test_files_that_went_the_same_way_come_back_by_a_few_commands(here: Pushed) -> None:
    OUT["a folder, own to foreign"](here.desk)
    said = here.desk.commit()
    assert said.count("OWN001 outside-scope") == 60
    assert len(commands(said)) == 4  # twenty at most of a folder together


def test_a_name_with_wildcards_takes_nothing_else_back(here: Pushed) -> None:
    here.slip("docs/*", "a star\n")
    here.desk.git("add", "-A")
    obeyed(here.desk, here.push("agent/x"))
    is_whole(here.desk)
    assert here.push("agent/x") == ""


def test_it_is_told_where_nothing_is_enforced_too(tmp_path: Path) -> None:
    made = Pushed(tmp_path, linked=False)
    made.repo.commit(
        "main",
        {**FILES, ".agentledger/config.toml": "enforce = false\n"},
        parents=[made.repo.git("rev-parse", "main")],
    )
    made.repo.flush()
    made.desk.git("reset", "-q", "--hard", "main")
    OUT["own to foreign"](made.desk)
    done = subprocess.run(
        ["git", "commit", "-m", "w"], cwd=made.desk.path, capture_output=True, text=True, check=True
    )
    assert "git mv -- docs/a.py src/a.py" in done.stderr
