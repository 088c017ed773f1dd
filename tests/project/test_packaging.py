"""The wheel: what is in it, and that the installed command works outside the checkout.

Belongs here: building, installing, running once. Does not: what the command prints
(see the tests of `cli`). Nothing comes from the network: the build uses the running
environment, and the installed package borrows its dependencies.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import agentledger
from agentledger.model.errors import LedgerError
from agentledger.storage import resources
from checkout import ROOT
from gitrepo import Repo

CHECKOUT = ROOT
SHIPPED = ("templates", "schemas", "site", "hooks")
DATA = "agentledger/_data/"


def run(*command: str | Path, cwd: Path) -> str:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def build(target: str, source: Path, out: Path) -> Path:
    """Builds "sdist" or "wheel" from the folder `source`, and returns the file."""
    run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", out, cwd=source)
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", CHECKOUT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a fresh environment that has the wheel, and sees the running one's packages."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, symlinks=True, with_pip=False)
    binaries = home / "bin"
    pip = (sys.executable, "-m", "pip", "--python", binaries / "python", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel, cwd=home)
    # A folder named in a .pth file is searched, but its own .pth files are not read: the
    # editable checkout of the running environment stays out of sight.
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    found = run(binaries / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home)
    Path(found.strip(), "borrowed.pth").write_text("\n".join(sorted(libraries)) + "\n")
    return binaries


def tracked() -> set[str]:
    """The files of the shipped folders: git's own list, or the folders' where the checkout has no git."""
    if (CHECKOUT / ".git").exists():
        # safe.directory: a checkout that belongs to another user is still only read.
        git = ("git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others")
        names = run(*git, "--exclude-standard", "--", *SHIPPED, cwd=CHECKOUT).split("\0")
        return {name for name in names if name and (CHECKOUT / name).exists()}
    files = (file for folder in SHIPPED for file in (CHECKOUT / folder).rglob("*") if file.is_file())
    return {file.relative_to(CHECKOUT).as_posix() for file in files}


def data(wheel: Path) -> set[str]:
    names = zipfile.ZipFile(wheel).namelist()
    return {name.removeprefix(DATA) for name in names if name.startswith(DATA)}


def test_the_wheel_ships_exactly_the_files_of_the_top_level_folders(wheel: Path) -> None:
    assert tracked()
    assert data(wheel) == tracked()


def test_the_wheel_has_types_licence_and_command(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    metadata = f"agentledger-{agentledger.__version__}.dist-info"
    assert {
        "agentledger/py.typed",
        f"{metadata}/licenses/LICENSE",
        f"{metadata}/entry_points.txt",
    } <= set(names)
    assert {name.split("/")[0] for name in names} == {"agentledger", metadata}


def test_a_wheel_built_from_the_source_distribution_holds_the_same(wheel: Path, tmp_path: Path) -> None:
    sdist = build("sdist", CHECKOUT, tmp_path / "sdist")
    run("tar", "-xzf", sdist, cwd=tmp_path)
    again = build("wheel", tmp_path / sdist.name.removesuffix(".tar.gz"), tmp_path / "wheel")
    assert set(zipfile.ZipFile(again).namelist()) == set(zipfile.ZipFile(wheel).namelist())


def test_the_installed_package_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = "import agentledger.storage.resources as r; print(r.resource_folder('site'))"
    site = Path(run(installed / "python", "-c", code, cwd=tmp_path).strip())
    assert site.is_relative_to(installed.parent.resolve())
    assert site.parent.name == "_data"


def test_the_installed_command_says_its_version(installed: Path, tmp_path: Path) -> None:
    assert agentledger.__version__ in run(installed / "agentledger", "--version", cwd=tmp_path)


def test_the_installed_command_builds_a_site_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo")
    base = repo.commit("main", {"readme.txt": "hello\n"})
    repo.commit("claude/fix-login", {"login.py": "ready = True\n"}, parents=[base])
    repo.flush()
    out = tmp_path / "out"
    run(installed / "agentledger", "site", "--out", out, cwd=repo.path)
    assert "claude/fix-login" in (out / "index.html").read_text(encoding="utf-8")


def test_a_folder_that_does_not_ship_is_an_error_with_a_hint() -> None:
    with pytest.raises(LedgerError) as caught:
        resources.resource_folder("no-such-folder")
    assert caught.value.hint
