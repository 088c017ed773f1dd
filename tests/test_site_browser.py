"""The site in a real browser: what its script adds, and that nothing hostile runs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import sitefleet as sf
from agentledger.model import State

pytestmark = pytest.mark.browser

QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


def dom(page: Path, profile: Path, fragment: str = "") -> str:
    """The page as it stands after its scripts have run."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser, "These tests need Chromium (Debian: apt-get install chromium)."
    command = [browser, *QUIET, f"--user-data-dir={profile}", "--dump-dom", f"{page.as_uri()}{fragment}"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    hostile = "claude/\"><script>document.title='owned'</script>"
    sf.built(
        folder,
        sf.branch("claude/login", changes=(sf.change("src/login.py"),)),
        sf.branch("claude/search", changes=(sf.change("src/search.py"),)),
        sf.branch(hostile, commits=(sf.commit(hostile),)),
        sf.branch("claude/done", state=State.MERGED),
    )
    return folder


def test_ages_copy_buttons_and_the_filter_come_with_the_script(out: Path, tmp_path: Path) -> None:
    page = dom(out / "index.html", tmp_path)
    assert re.search(
        r'<time datetime="2023-11-14T21:13Z" title="2023-11-14 21:13 UTC">\d+ y ago</time>', page
    )
    assert page.count(">Copy</button>") == 3
    assert re.search('<div class="filter"[^>]*label="Filter branches">', page)


@pytest.mark.parametrize(
    ("fragment", "shown"),
    [
        ("", {"claude/login", "claude/search", "claude/done"}),
        ("#q=LOGIN", {"claude/login"}),
        ("#path=src/search", {"claude/search"}),
        ("#state=Merged", {"claude/done"}),
        ("#agent=Claude+Code&q=sea", {"claude/search"}),
    ],
)
def test_the_address_holds_the_filter(out: Path, tmp_path: Path, fragment: str, shown: set[str]) -> None:
    rows = re.findall(
        r"<li( hidden=\"\")?>(?:<div>)?<a href=[^>]*>([^<]*)", dom(out / "index.html", tmp_path, fragment)
    )
    assert {name for hidden, name in rows if not hidden and "script" not in name} == shown


def test_hostile_text_does_not_run(out: Path, tmp_path: Path) -> None:
    for page in (out / "index.html", *(out / "branch").iterdir()):
        assert "<title>owned" not in dom(page, tmp_path)
