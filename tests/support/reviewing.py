"""Branches that are ready, and a scripted reviewer that does with each what the name of its task says.

Belongs here: making them, and the script. Does not: what a test expects of the verdicts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from command import run
from desk import BRIEF, CHECK_IN, made

# Takes the branch and the prompt; `$file`, `$head` and `$task` are what a reviewer reads in it. `answer` writes a sound
# review; its arguments are the verdict, the branch, the commit, and the points.
SCRIPT = r"""
branch=$1 prompt=$2 task=${1#agent/}
file=$(grep -o 'review-[0-9a-f]\{16\}\.md' "$prompt" | head -n 1)
head=$(sed -n 's/^head: //p' "$prompt" | tail -n 1)
answer() {
    echo "---"
    echo 'at: 2023-11-15T00:00:00Z'
    printf 'reviewer: somebody\nkind: agent\nverdict: %s\nbranch: %s\nhead: %s\n---\n' "$1" "$2" "$3"
    for title in 'Matches intent and non-goals' Correctness Style 'Edge cases' 'Missed tests' Maintainability; do
        printf '\n## %s\n\nI looked.\n' "$title"
    done
    printf '\n## Findings\n\n'
    shift 3
    for point in "$@"; do echo "- [ ] $point"; done
}
echo "looking at $branch, with token $MY_TOKEN"
"""


def front(task: str, **keys: object) -> str:
    """The document's front matter as this task's brief has it."""
    more = "".join(f"{key}: {value}\n" for key, value in keys.items())
    return BRIEF.format("['src/**']", more).replace("task: x", f"task: {task}")


# What is not reviews' own: without packet and evidence a branch would be held back.
_POLICY = '[rules]\npacket-missing = "off"\nevidence-missing = "off"\ncompanion-missing = "off"\n'


class Reviewing:
    """A repository with branches that are said to be ready, each of a task of its own, and the user's own config."""

    def __init__(self, folder: Path, tasks: Mapping[str, str], policy: str = "") -> None:
        self.folder, self.script = folder, folder / "reviewer.sh"
        self.repo = made(folder, policy=f"{_POLICY}{policy}")
        self.tip = self.repo.git("rev-parse", "main")
        #: The heads by task.
        self.heads = {task: self.begin(task) for task in tasks}
        self.repo.flush()
        cases = "".join(f"    {task})\n{text}\n    ;;\n" for task, text in tasks.items())
        self.script.write_text(f'{SCRIPT}case "$task" in\n{cases}esac\n')
        self.temp = folder / "temp"
        self.temp.mkdir()
        self.configure()

    def begin(self, task: str, **keys: object) -> str:
        """A brief, and a branch with code that says it is ready."""
        self.control({f"tasks/{task}/brief.md": front(task, **keys)})
        return self.ready(task, "a = 2\n")

    def ready(self, task: str, code: str, number: int = 1, agent: str = "zed") -> str:
        """More code on the branch, and a check-in that says it is ready; its new head."""
        name = f"agent/{task}"
        at = f"2023-11-14T22:{20 + number}:00Z"
        check_in = CHECK_IN.format("ready", f"agent: {agent}\nsession: s-{task}\n", "none").replace(
            "2023-11-14T22:20:00Z", at
        )
        files: dict[str, Any] = {
            "src/a.py": code,
            f".agentledger/tasks/{task}/status/2023111{number}T000000Z-0001.md": check_in,
        }
        parent = self.tip if number == 1 else f"refs/heads/{name}^0"
        head = self.repo.commit(name, files, parents=[parent], at=1700000400 + 60 * number)
        self.repo.flush()
        return head.id

    def control(self, files: Mapping[str, Any]) -> None:
        """Documents of the manager's."""
        self.repo.flush()
        self.repo.commit("agentledger", dict(files), parents=["refs/heads/agentledger^0"])
        self.repo.flush()

    def configure(self, **commands: str) -> None:
        """The user's own commands; `scripted` is the script."""
        usual = {"scripted": f"sh '{self.script}' {{branch}} {{prompt_file}}"}
        file = self.folder / "config/agentledger/config.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{name} = {json.dumps(text)}\n" for name, text in (usual | commands).items()]
        file.write_text("[launch]\n" + "".join(lines))

    @property
    def env(self) -> dict[str, str]:
        """Where clones are made, a secret, and the user's own configuration."""
        config = str(self.folder / "config")
        return {"TMPDIR": str(self.temp), "MY_TOKEN": "hush-hush-4711", "XDG_CONFIG_HOME": config}

    def review(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """Run it; what came of each task."""
        said = run(self.repo.path, "review", "--run", *arguments, "--format", "json", env=self.env)
        assert said.code in (0, 1), said
        document: dict[str, Any] = json.loads(said.out)
        assert document["complete"] == (said.code == 0)
        return {entry["branch"].removeprefix("agent/"): entry for entry in document["reviews"]}

    def document(self, entry: Mapping[str, Any]) -> str:
        """What was written down on the control branch."""
        return self.repo.git("show", f"{entry['commit']}:{entry['path']}")

    def traces(self) -> list[Path]:
        """What is left of clones, and of locks."""
        locks = self.repo.path / ".git/agentledger/reviewing"
        return [*self.temp.glob("*agentledger*"), *locks.glob("*")]
