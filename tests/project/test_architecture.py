"""Who may import whom: one table of packages, from top to bottom, and who may do what.

Belongs here: rules on imports, as a program can see them. Does not: what a module is for (docs/architecture.md).
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import agentledger
from checkout import ROOT

SOURCE = Path(agentledger.__file__).resolve().parent

# From top to bottom. A package may import what is in a lower row, and nothing else of ours.
# The packages of `workflow` have rows of their own.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli",),
    ("workflow.demo",),
    ("workflow.review",),
    ("workflow.spawn", "workflow.handover", "workflow.integrity"),
    ("workflow.report", "workflow.verify", "workflow.plan", "workflow.setup", "workflow.manage"),
    ("workflow.session", "gates"),
    ("fleet", "site"),
    ("collisions", "merge_order"),
    ("ledger", "changes", "reports", "crossed"),
    ("rules", "control"),
    ("documents", "running", "repository", "attention"),
    ("git", "storage", "scope"),
    ("model",),
)

# Who may start a process: git's door; what runs the user's own command for notices, whose environment and time
# limit have nothing to do with git's; the Markdown workers, since what hangs or swells has to be ended; and the
# runner of checks, which may leave nothing running.
PROCESS_STARTERS = {
    "git.process",
    "site.notify",
    "running.run",
    "site.markdown.worker",
    "workflow.spawn.launch",
}

# Values and texts in, values and texts out. Some modules of other packages are as pure, and have to stay so.
PURE_PACKAGES = ("model", "rules", "scope", "attention", "reports", "documents", "crossed")
PURE_MODULES = (
    "running.case_names",
    "running.changed_files",
    "running.junit",
    "running.lacking",
    "running.missing_names",
    "running.named_results",
    "running.runner_counts",
    "running.runner_table",
    "running.redact",
    "running.tests_tally",
    "control.control_files",
    "ledger.config",
)
OUTSIDE = {"subprocess", "os", "pathlib", "socket", "sqlite3", "shutil", "tempfile", "urllib", "http"}
# Reads the templates that ship with the program.
READS_FILES = {"documents.templates", "documents.schemas", "reports.shapes"}


@cache
def modules() -> dict[str, ast.Module]:
    """Every module by its dotted name below agentledger; a package by its own name."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = ast.parse(path.read_bytes())
    return found


def package_of(module: str) -> str:
    """The name in LAYERS that a module belongs to."""
    parts = module.split(".")
    return ".".join(parts[: 2 if parts[0] == "workflow" else 1])


def imported(module: str) -> Iterator[str]:
    """The full dotted names that a module imports anywhere, inside functions and for types too."""
    for node in ast.walk(modules()[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: imports are written in full, from agentledger on"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages_used(module: str) -> set[str]:
    """The names in LAYERS that a module imports, its own aside."""
    ours = (name.removeprefix("agentledger.") for name in imported(module) if name.startswith("agentledger."))
    top = {package_of(name) for name in modules()}
    # What is no package is a name of agentledger itself, such as its version.
    return {package_of(name) for name in ours} & top - {package_of(module), ""}


def roots_used(module: str) -> set[str]:
    """The top-level packages, Python's own among them, that a module imports."""
    return {name.partition(".")[0] for name in imported(module)}


def row_of(package: str) -> int:
    return next(row for row, names in enumerate(LAYERS) if package in names)


def test_every_package_has_a_row_and_every_row_is_there() -> None:
    there = {package_of(module) for module in modules()} - {"", "workflow"}
    listed = {name for names in LAYERS for name in names}
    assert there == listed, f"mend LAYERS in {Path(__file__).relative_to(ROOT)}, and docs/architecture.md"


def test_a_package_imports_lower_rows_only() -> None:
    wrong = [
        f"{module} imports {target}"
        for module in modules()
        if package_of(module) not in ("", "workflow")
        for target in packages_used(module)
        if row_of(target) <= row_of(package_of(module))
    ]
    assert wrong == [], "see LAYERS: move what is shared down, or the import up"


def test_no_modules_import_each_other_in_a_circle() -> None:
    names = set(modules())
    graph = {
        module: {
            target
            for name in imported(module)
            if (short := name.removeprefix("agentledger.")) != name
            for target in (short, short.rpartition(".")[0])
            if target in names and target != module and not module.startswith(f"{target}.")
        }
        for module in names
    }
    TopologicalSorter(graph).prepare()


def test_processes_are_started_by_few() -> None:
    starters = {"subprocess", "multiprocessing", "pty"}
    assert {module for module in modules() if roots_used(module) & starters} <= PROCESS_STARTERS | {
        "running.keeper",
        "site.markdown.pool",
    }


def test_what_shows_asks_a_snapshot_and_not_git() -> None:
    shows = ("site", "reports", "attention", "rules", "cli")
    near = {m: packages_used(m) & {"git"} for m in modules() if package_of(m) in shows}
    assert {module for module, used in near.items() if used} == set()


def test_values_texts_and_reports_touch_nothing_outside() -> None:
    pure = [m for m in modules() if package_of(m) in PURE_PACKAGES or m in PURE_MODULES]
    assert {m: found for m in pure if m not in READS_FILES and (found := roots_used(m) & OUTSIDE)} == {}


def test_the_innermost_modules_need_nothing_but_python() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "import agentledger.model.fleet, agentledger.model.text, agentledger.model.errors\n"
        "roots = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(roots - set(sys.stdlib_module_names) - {'agentledger'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("package", sorted({p.parent for p in SOURCE.rglob("*.py")} - {SOURCE}))
def test_a_package_says_what_belongs_in_it(package: Path) -> None:
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_bytes())) or ""
    assert text.endswith(".")
