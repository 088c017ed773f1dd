"""A rerun that lacks what the check needs contradicts nobody, reproduces nothing, and says what to set up."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from agentledger.model.work import Trust
from verifying import EVIDENCE, Checks, outcomes, reruns, standing

NOTHING_KEPT: tuple[None, list[str]] = (None, [])


def claim_passed(desk: Checks, check: str = "test") -> None:
    """Have the branch say that the check passed, as one does whose worktree has all that it needs."""
    desk.verify(code=1)
    path = desk.path / EVIDENCE / f"{check}.json"
    desk.change(f"{EVIDENCE}/{check}.json", json.dumps(json.loads(path.read_text()) | {"exit_code": 0}))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("no-such-runner -q", "no-such-runner: not found"),
        ("./check.sh", "exit code 126"),
        ("make -f check.mk", "no-such-runner"),
        ("python3 -m no_such_module", "No module named no_such_module"),
        ("cat lacks.txt; exit 1", "Cannot find module 'left-pad'"),
    ],
)
def test_a_tool_that_is_not_here_contradicts_nobody(tmp_path: Path, command: str, words: str) -> None:
    desk = Checks(tmp_path, {"test": command})
    files = {"check.mk": "all:\n\tno-such-runner\n", "lacks.txt": "Error: Cannot find module 'left-pad'\n"}
    desk.repo.commit("main", files)
    desk.repo.flush()
    desk.git("-c", "core.hooksPath=/dev/null", "merge", "-q", "main")
    claim_passed(desk)
    said = desk.verify("--rerun", "x", folder=desk.repo.path, code=1)
    (check,) = said["checks"]
    assert (check["outcome"], check["trust"], check["runs"]) == ("could-not-run", None, 1)
    assert words in check["unable"]
    assert (said["commit"], said["files"], said["sound"]) == (*NOTHING_KEPT, False)
    assert reruns(desk) == []
    assert standing(desk).trust is Trust.CLAIMED
    text = desk.said("--rerun", "x", folder=desk.repo.path)
    assert text.code == 1
    assert "test  could not be run here: " in text.out
    assert "[spawn] setup = " in text.out


def test_what_the_message_proposes_makes_it_run(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "node_modules/tool"})
    install = "mkdir node_modules && printf 'exit 0' >node_modules/tool && chmod +x node_modules/tool"
    desk.repo.commit("main", {"package-lock.json": "{}\n", ".gitignore": "node_modules\n"})
    desk.repo.flush()
    desk.git("-c", "core.hooksPath=/dev/null", "merge", "-q", "main", "-Xtheirs")
    claim_passed(desk)
    (warning,) = desk.verify("--rerun", "x", folder=desk.repo.path, code=1)["warnings"]
    assert warning.endswith('[spawn] setup = "npm ci"')
    name, _, command = re.fullmatch(r".*\[spawn\] (setup) (=) (\".*\")", warning).groups()  # type: ignore[union-attr]
    # No registry in a test: the same key, with what npm would do.
    config = f"[spawn]\n{name} = {json.dumps(json.loads(command).replace('npm ci', install))}\n"
    desk.repo.commit("main", {".agentledger/config.toml": config})
    desk.repo.flush()
    said = desk.verify("--rerun", "x", folder=desk.repo.path)
    assert said["checks"][0]["trust"] == "reproduced"


def test_a_set_up_that_fails_is_no_result(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "true", "lint": "true"}, '[spawn]\nsetup = "echo broken; exit 4"\n')
    desk.verify()
    said = desk.verify("--rerun", "x", folder=desk.repo.path, code=1)
    assert outcomes(said) == {"test": "could-not-run", "lint": "could-not-run"}
    assert "set-up command failed in a fresh worktree, exit code 4" in said["checks"][0]["unable"]
    assert "[spawn] setup" in said["warnings"][0]
    assert (said["commit"], said["files"]) == NOTHING_KEPT
    assert desk.repo.git("worktree", "list").count("\n") == 1


PACKAGE = {"pkg/__init__.py": "", "pkg/price.py": "PRICE = 1\n", "run.py": "import pkg.price\n"}


def desk_of_package(tmp_path: Path) -> Checks:
    desk = Checks(tmp_path, {"test": "python3 -B run.py 2>err.tmp || { tail -n 1 err.tmp; exit 1; }"})
    desk.repo.commit("main", PACKAGE)
    desk.repo.flush()
    desk.git("-c", "core.hooksPath=/dev/null", "merge", "-q", "main")
    return desk


def test_an_import_that_the_branch_has_broken_is_not_excused(tmp_path: Path) -> None:
    desk = desk_of_package(tmp_path)
    desk.git("rm", "-q", "pkg/price.py")
    desk.change("README", "less\n")
    claim_passed(desk)
    said = desk.verify("--rerun", "x", folder=desk.repo.path, code=1)
    assert (said["checks"][0]["trust"], said["checks"][0]["runs"]) == ("contradicted", 2)


def test_an_import_of_nothing_that_any_file_asks_for_is_not_excused(tmp_path: Path) -> None:
    desk = desk_of_package(tmp_path)
    desk.change("run.py", "import no_such_module_here\n")
    claim_passed(desk)
    said = desk.verify("--rerun", "x", folder=desk.repo.path, code=1)
    assert said["checks"][0]["trust"] == "contradicted"


def test_a_new_dependency_that_is_not_installed_here_contradicts_nobody(tmp_path: Path) -> None:
    desk = desk_of_package(tmp_path)
    desk.change("requirements.txt", "no-such-module-here\n")
    desk.change("run.py", "import no_such_module_here\n")
    claim_passed(desk)
    said = desk.verify("--rerun", "x", folder=desk.repo.path, code=1)
    assert said["checks"][0]["outcome"] == "could-not-run"
    assert "pip install -r requirements.txt" in said["warnings"][0]


def test_a_branch_that_ends_with_127_on_purpose_is_never_reproduced(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "sh check.sh"})
    desk.change("check.sh", "echo 9 passed in 0.1s; exit 127\n")
    claim_passed(desk)
    said = desk.verify("--rerun", "x", folder=desk.repo.path, code=1)
    assert (said["checks"][0]["outcome"], said["sound"]) == ("could-not-run", False)
    assert standing(desk).trust is Trust.CLAIMED


def test_checks_that_can_be_run_are_kept_beside_one_that_cannot(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"good": "true", "test": "no-such-runner"})
    desk.verify(code=1)
    said = desk.verify("--rerun", "x", folder=desk.repo.path, code=1)
    assert outcomes(said) == {"good": "passed", "test": "could-not-run"}
    assert [path.rpartition("-")[2] for path in said["files"]] == ["good.json"]
    assert "test" not in desk.repo.git("log", "-1", "--format=%s", "agentledger")


@pytest.mark.parametrize("is_new", [False, True])
def test_an_empty_submodule_is_said_to_be_one(tmp_path: Path, is_new: bool) -> None:
    desk = Checks(tmp_path, {"test": "test -e lib/data.txt"})
    commit = desk.root.id
    where = desk.git if is_new else desk.repo.git
    if not is_new:
        desk.repo.git("checkout", "-q", "main")
    where("update-index", "--add", "--cacheinfo", f"160000,{commit},lib")
    where("commit", "-q", "-m", "a submodule")
    if not is_new:
        desk.git("-c", "core.hooksPath=/dev/null", "merge", "-q", "main")
    (desk.path / "lib").mkdir(exist_ok=True)
    claim_passed(desk)
    said = desk.verify("--rerun", "x", folder=desk.repo.path, code=1)
    assert said["checks"][0]["outcome"] == "could-not-run"
    assert "1 submodule is empty there: lib" in said["checks"][0]["unable"]
    assert "git submodule update --init --recursive" in said["warnings"][0]


def test_a_failure_beside_an_empty_submodule_that_base_does_without_counts(tmp_path: Path) -> None:
    desk = Checks(tmp_path, {"test": "sh check.sh"})
    desk.repo.git("update-index", "--add", "--cacheinfo", f"160000,{desk.root.id},lib")
    desk.repo.git("commit", "-q", "-m", "a submodule")
    desk.git("-c", "core.hooksPath=/dev/null", "merge", "-q", "main")
    desk.change("check.sh", "exit 1\n")
    claim_passed(desk)
    said = desk.verify("--rerun", "x", folder=desk.repo.path, code=1)
    assert said["checks"][0]["trust"] == "contradicted"


@pytest.mark.parametrize("command", ["python3 -m no_such_module", "sh -c no-such-runner || exit 2"])
def test_base_gives_no_answer_where_it_could_not_be_run_either(tmp_path: Path, command: str) -> None:
    desk = Checks(tmp_path, {"test": command})
    desk.verify(code=1)
    assert desk.evidence().on_base is None
