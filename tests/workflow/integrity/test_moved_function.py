"""A function moves to where base had it by an import: base's tests miss it, the branch's pass, nothing is gone."""

from __future__ import annotations

import json
from pathlib import Path

from crossing import BASE, cross
from gitrepo import Repo
from rulecases import BODY

CODE = "def read(text):\n    return int(text)\n"
ASK = "from shop.{} import read\n\n\ndef test_reads():\n    assert read('3') == 3\n"
START = {"shop/words.py": CODE, "shop/prices.py": "from shop.words import read\n", "tests/test_read.py": ASK}
MOVED = {"shop/words.py": "", "shop/prices.py": CODE, "tests/test_read.py": ASK.format("prices")}
VERIFY = {"test": {"run": "python3 -SB check.py out.xml", "junit": "out.xml"}}


def test_demands_on_a_function_that_moved_are_not_taken_away(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "shop")
    root = repo.commit("main", {**BASE, **START, "tests/test_read.py": ASK.format("words")})
    brief = f"---\ntask: move\nowns: ['**']\nverify: {json.dumps(VERIFY)}\n---\n{BODY}"
    repo.commit("agent/move", {**MOVED, ".agentledger/tasks/move/brief.md": brief}, parents=[root])
    repo.commit("agentledger", {"tasks/move/brief.md": brief}, parents=[])
    repo.checkout("main")
    check = cross(repo, "move")["checks"][0]
    assert check["branch_tests_on_base"]["end"] == "passes", check
    assert [word["word"] for word in check["words"]] == ["follows the interface"]
    assert check["meaning"] == "the contract changed"
