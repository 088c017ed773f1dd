"""A plan that waits, in a phone-sized window: first the plan, then the question, then the command that approves it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser import window
from command import site
from writing import Desk, check_in

pytestmark = pytest.mark.browser

PLAN = "1. Count failures per account.\n2. Answer 429, with Retry-After.\n"


def test_plan_question_and_command_follow_each_other(browser: Browser, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "r", checkpoints=["plan"])
    desk.says({"status/1.md": check_in("needs-input", needs="Red or blue?", plan=PLAN, checkpoint="plan")})
    desk.repo.flush()
    desk.repo.checkout("main")
    files = site(desk.repo.path, "--out", str(tmp_path / "site"))
    (name,) = [path for path in files if re.fullmatch(r"branch/[^.]+\.html", path)]
    with window(browser) as opened:
        opened.page.set_viewport_size({"width": 390, "height": 844})
        for file in ("index.html", name):
            page = opened.goto(tmp_path / "site" / file)
            places = []
            for words in ("Answer 429", "Red or blue?", "--decision approve"):
                box = page.get_by_text(words).first.bounding_box()
                assert box, (file, words)
                assert box["x"] + box["width"] <= 390, (file, words)
                places.append(box["y"])
            assert places == sorted(places), (file, places)
