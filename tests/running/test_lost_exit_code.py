"""Commands whose exit code is lost are found by their text; those that can fail are left alone."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from agentledger.running.lost_exit_code import find_lost_exit_code

# Each with a few words of the sentence about it.
LOSES = {
    "pytest || true": "ends in `|| true`: it passes whatever pytest says",
    "pytest -q tests/auth || :": "ends in `|| :`",
    "npm test || exit 0": "ends in `|| exit 0`: it passes whatever npm test says",
    "npm test || echo failed": "ends in `|| echo …`",
    "make check || printf 'no luck\\n'": "ends in `|| printf …`",
    "cd web && yarn lint || true": "whatever yarn lint says",
    "pytest || (echo failed; true)": "ends in `|| { … }`",
    "pytest || { echo failed; }": "ends in `|| { … }`",
    "(cd web && npm test || true)": "ends in `|| true`",
    "sh -c 'pytest || true'": "ends in `|| true`",
    "bash -lc 'cargo test; true'": "ends in `; true`: it passes whatever cargo test says",
    "pytest; true": "ends in `; true`",
    "./run-tests.sh; exit 0": "ends in `; exit 0`: it passes whatever run-tests.sh says",
    "pytest\necho done": "ends in `; echo …`",
    "cargo test &": "ends in `&`: nobody waits for cargo test",
    "cargo test 2>&1 | tee test.log": "has the exit code of tee, not of cargo test",
    "python -m pytest -q | tail -n 20": "has the exit code of tail, not of pytest",
    "pytest | grep -q passed": "has the exit code of grep, not of pytest",
    "uv run pytest -q |& cat": "has the exit code of cat",
    "./check.sh | tee log": "has the exit code of tee, not of check.sh",
    "pytest; ruff check .": "goes on after pytest whatever that says",
    "npm run lint\nnpm run build": "goes on after npm run lint",
    "pytest || true; ruff check .": "goes on after pytest",
    "if pytest; then echo fine; fi": "is an `if` without `else`: it passes where pytest fails",
    "if ! make test; then echo broken; fi": "passes where make test fails",
    "npx jest --passWithNoTests": "has `--passWithNoTests`: it passes where it finds no test",
    "ruff check --exit-zero .": "has `--exit-zero`",
    "mvn -q verify -Dmaven.test.failure.ignore=true": "it passes with failing tests",
    "mvn package -DskipTests": "it runs no test",
    "mvn --fail-never test": "it passes whatever fails",
    "make -i test": "has `-i`",
    "pytest --collect-only -q": "it runs no test",
    "cargo test --no-run": "it runs no test",
    "npx mocha --dry-run": "it runs no test",
    "npx jest --listTests": "it runs no test",
    "CI=1 timeout 5m pytest -q || true": "whatever pytest says",
    "pytest \\\n  -q || true  # for now": "ends in `|| true`",
}
FLAG = r"--?(passWith|exit-zero|D|fail-never|i |collect|no-run|dry|listT)|[|]&"
STUBS = ("pytest", "npm", "make", "yarn", "cargo", "uv", "python", "ruff", "npx", "run-tests.sh", "check.sh")
FAILS = (
    "pytest -q",
    "pytest -q && ruff check . && mypy src",
    "pytest || exit 1",
    "pytest || (echo failed; exit 1)",
    "pytest || { echo failed; exit 1; }",
    "pytest || { cat log; false; }",
    "rm -rf x || true; pytest",
    "rm -rf build; pytest",
    "mkdir -p out; cd out; cmake .. && ctest",
    "npm ci; npm test",
    "set -e; pytest; ruff check .",
    "set -eu\npytest\necho done",
    "set -o pipefail; pytest | tee log",
    "bash -eo pipefail -c 'pytest | tee log; echo done'",
    "bash -o pipefail -c 'pytest | tail -3'",
    "pytest; code=$?; cat log; exit $code",
    "pytest | tee log; exit ${PIPESTATUS[0]}",
    "make lint || make fix-and-lint",
    'test -z "$(gofmt -l .)"',
    "! grep -rn TODO src",
    "grep -q '|| true' ci.yml",
    "sh -c \"echo 'a || true' | grep -q true\"",
    "echo '{}' | python -m json.tool",
    "git ls-files '*.sh' | xargs shellcheck",
    "git diff --name-only | cat",
    "./dump --all | diff - expected.txt",
    "ruff check {changed:**/*.py}",
    "if [ -f go.mod ]; then go test ./...; fi",
    "if ! pytest; then echo failed; exit 1; fi",
    "if pytest; then echo fine; else exit 1; fi",
    "for f in tests/*.sh; do sh $f || exit 1; done",
    "pytest -k 'not slow || true'",
    "pytest # || true",
    "npm publish --dry-run",
    "server & pytest",
    "mvn verify -Dmaven.test.failure.ignore=false",
    "make -j4 test",
    "pytest 2>&1",
    "pytest > log 2>&1",
    "python - <<END\nassert 1 or true\nEND\n",
    "python - <<'END' || true\nprint(1)\nEND\n",
    "case $CI in true) pytest;; esac || true",
    "pytest '|| true",
    "go test -json ./... | go-junit-report -set-exit-code",
    "pytest --log-file=a;ruff check . || exit $?",
    "export A=1; pytest",
    'x=$(pytest || true); test -n "$x"',
    "true",
    "",
)


@pytest.mark.parametrize("command", LOSES)
def test_lost_exit_code_is_found(command: str) -> None:
    lost = find_lost_exit_code(command)
    assert lost is not None
    assert LOSES[command] in lost.why
    assert lost.instead


@pytest.mark.parametrize("command", FAILS)
def test_command_that_can_fail_is_left_alone(command: str) -> None:
    assert find_lost_exit_code(command) is None


# A flag says what a program does, which no stub of it shows, and `|&` is none of plain sh's operators.
@pytest.mark.parametrize("command", [c for c in LOSES if "has `-" not in LOSES[c] and not re.search(FLAG, c)])
def test_shell_agrees(command: str, tmp_path: Path) -> None:
    for name in STUBS:
        stub = tmp_path / name
        # Only what is surely no test passes.
        stub.write_text('#!/bin/sh\n[ "$2" = build ] || [ "$1" = check ]\n')
        stub.chmod(0o755)
    (tmp_path / "web").mkdir()
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=env, capture_output=True, check=False)
    # grep sees nothing of a stub that prints nothing.
    assert done.returncode == 0 or "grep" in command, done


def test_enough_commands_are_tried() -> None:
    assert len(LOSES) >= 25
    assert len(FAILS) >= 26
