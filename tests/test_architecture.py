"""Who may import whom in src/agentledger, read from the source.

Belongs here: the table of layers, and the rules about the few doors to the outside.
Does not: how a module does its work. docs/architecture.md tells the same in words.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import agentledger

SOURCE = Path(agentledger.__file__).resolve().parent

# From top to bottom. A name is a module or a whole package of src/agentledger, and may
# import what stands in a lower row. Names in one row are strangers to each other, except
# in the rows of NEIGHBOURLY.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli",),
    ("gates",),
    ("workflow", "site", "notify"),
    ("reports",),
    ("check",),
    ("snapshot",),
    ("papers", "judge"),
    ("forecast", "absorbed", "fleet", "lines", "patches", "policy", "tasks"),
    ("parsed",),
    ("ledger_files", "signatures"),
    ("freshness", "lineage"),
    ("brought", "changes", "check_ins"),
    ("tips", "candidates", "code_tree", "merging", "pairs"),
    ("control_write", "named"),
    ("control",),
    ("listing", "control_commit", "control_history", "watched"),
    ("observe",),
    ("scratch", "ancestry", "cache", "agents", "bases", "forge", "documents", "config"),
    ("commits", "diffs", "races"),
    ("objects",),
    ("git",),
    ("rules",),
    ("actions", "brief_change", "sections", "standing", "turns", "wip", "personal", "control_files"),
    ("shell", "scope", "changed", "running", "roles"),
    ("automata",),
    ("wildmatch",),
    (
        "text",
        "model",
        "ledger",
        "work",
        "errors",
        "resources",
        "findings",
        "did",
        "whole",
        "paths",
        "git_env",
        "junit",
        "redact",
        "__init__",
    ),
)

# The rows of these names are neighbourly: each may use the others, without a circle.
NEIGHBOURLY = {"forecast", "scratch", "sections", "text"}

# The doors to git: readers, and the commands that write. All others get what they show
# from a snapshot.
GIT_USERS = {
    "absorbed",
    "bases",
    "brought",
    "candidates",
    "changes",
    "check",
    "check_ins",
    "commits",
    "diffs",
    "code_tree",
    "control",
    "control_commit",
    "control_history",
    "control_write",
    "fleet",
    "forecast",
    "freshness",
    "gates",
    "judge",
    "lineage",
    "lines",
    "listing",
    "merging",
    "named",
    "objects",
    "observe",
    "ledger_files",
    "pairs",
    "papers",
    "parsed",
    "patches",
    "policy",
    "races",
    "scratch",
    "signatures",
    "snapshot",
    "tips",
    "workflow",
}

# Who may start a process: git's door, and what runs the user's own command for notices, whose
# environment and time limit have nothing to do with git's; and Markdown is rendered where what hangs
# or swells can be ended; and a check is somebody's command, of which nothing may be left running.
PROCESS_STARTERS = {"git", "notify", "running.run", "site.markdown_worker", "workflow.launch"}

# Values and texts in, values and texts out.
PURE = {
    "changed",
    "junit",
    "redact",
    "model",
    "ledger",
    "work",
    "errors",
    "findings",
    "text",
    "reports",
    "actions",
    "brief_change",
    "sections",
    "turns",
    "wip",
    "control_files",
    "rules",
    "scope",
    "roles",
    "automata",
    "wildmatch",
    "paths",
    "documents",
    "config",
}
OUTSIDE = {"subprocess", "os", "pathlib", "socket", "sqlite3", "shutil", "tempfile", "urllib", "http"}


def source_files() -> Iterator[tuple[str, Path]]:
    """Every source file by its dotted name inside the package, such as "site.view"."""
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" and parts[1:] else parts), path


FILES = dict(source_files())
every_module = pytest.mark.parametrize("module", FILES)


def unit(module: str) -> str:
    """The name in LAYERS that a dotted name inside the package belongs to."""
    return module.partition(".")[0]


def imports(module: str) -> Iterator[str]:
    """The full dotted names that a module imports anywhere, inside functions and for types too."""
    path = FILES[module]
    package = ["agentledger", *path.relative_to(SOURCE).parent.parts]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            near = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*near, *filter(None, [node.module])])
            # `from agentledger import git` imports a module, `from agentledger.git import x` a name of one.
            yield from (f"{start}.{alias.name}" for alias in node.names)


def packages(module: str) -> set[str]:
    """The top-level packages that a module imports."""
    return {name.partition(".")[0] for name in imports(module)}


def uses(module: str) -> set[str]:
    """The names in LAYERS that a module imports; its own package aside."""
    names = (name.split(".") for name in imports(module))
    units = {parts[1] for parts in names if parts[0] == "agentledger" and parts[1:]}
    own = {unit(name) for name in FILES}
    # What is no module of ours is a name that the package itself holds, such as its version.
    return {name if name in own else "__init__" for name in units} - {unit(module)}


def known() -> dict[str, int]:
    return {name: row for row, names in enumerate(LAYERS) for name in names}


def may(importer: str, target: str) -> bool:
    if not {importer, target} <= known().keys():
        return True  # the test of every module's layer says what to do
    above, below = known()[importer], known()[target]
    return above < below or (above == below and not NEIGHBOURLY.isdisjoint(LAYERS[above]))


def test_every_module_has_a_layer() -> None:
    unknown = sorted({unit(module) for module in FILES} - known().keys())
    assert not unknown, f"add {', '.join(unknown)} to the row of LAYERS in {Path(__file__).name} that fits"


@every_module
def test_a_module_imports_lower_layers_only(module: str) -> None:
    wrong = sorted(name for name in uses(module) if not may(unit(module), name))
    assert not wrong, f"{module} must not import {', '.join(wrong)}: see LAYERS"


def test_no_imports_go_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for module in FILES:
        graph.setdefault(unit(module), set()).update(uses(module))
    TopologicalSorter(graph).prepare()


@every_module
def test_only_readers_and_writers_come_near_git(module: str) -> None:
    if unit(module) not in GIT_USERS:
        assert uses(module).isdisjoint({"git", "scratch"}), f"{module} asks a snapshot instead"


@every_module
def test_processes_are_started_by_few(module: str) -> None:
    assert module in PROCESS_STARTERS or packages(module).isdisjoint({"subprocess", "multiprocessing", "pty"})


@pytest.mark.parametrize("module", [module for module in FILES if unit(module) in PURE])
def test_values_texts_and_reports_touch_nothing_outside(module: str) -> None:
    assert packages(module).isdisjoint(OUTSIDE), f"{module} does no input or output"


def test_the_innermost_modules_need_nothing_but_python() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "import agentledger.model, agentledger.text, agentledger.errors\n"
        "roots = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(roots - set(sys.stdlib_module_names) - {'agentledger'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
