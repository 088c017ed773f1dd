"""The tests' own browser: what happens where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

import browser


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without a browser."""
    monkeypatch.setenv("PATH", str(tmp_path))


def test_without_a_browser_a_test_is_skipped_and_says_what_to_install(
    bare: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "REQUIRED", False)
    with pytest.raises(pytest.skip.Exception, match="apt install chromium"):
        browser.program()


def test_where_a_browser_is_required_its_absence_is_a_failure(
    bare: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "REQUIRED", True)
    with pytest.raises(pytest.fail.Exception, match="required, but none of chromium"):
        browser.program()


@pytest.mark.parametrize("name", browser.NAMES)
def test_a_browser_of_any_known_name_will_do(bare: None, tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch(mode=0o755)
    assert browser.program() == str(tmp_path / name)
