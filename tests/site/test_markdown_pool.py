"""Rendering in processes of its own: limits that hold, results that are remembered, nothing left behind."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agentledger.site.markdown import pool
from agentledger.site.markdown.pool import TOO_SLOW, Renderer, result_key
from agentledger.site.markdown.render import MOST_IN, MOST_OUT, render_markdown
from agentledger.storage.cache import Cache
from hostile import BOMBS, read

SLOW = "!![" * (MOST_IN // 3)  # three seconds


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    with Renderer() as made:
        yield made


def test_the_results_are_those_of_render_in_the_order_asked(renderer: Renderer) -> None:
    texts = [f"# {n}\n\n" + "*a* \udc80\n" * (n % 7 * 20) for n in range(200)]
    assert renderer.render_all([*texts, *texts]) == [render_markdown(text) for text in texts] * 2
    assert renderer.render("# a", top=5).html == "<h5>a</h5>\n"
    assert renderer.render_all([]) == []


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little_and_is_readable(renderer: Renderer, name: str) -> None:
    made = renderer.render(BOMBS[name])
    assert len(made.html) <= MOST_OUT + 100
    assert read(str(made.html)).balanced


def test_what_takes_too_long_is_ended_and_shown_plain() -> None:
    texts = ["*a*", SLOW, "*b*", "*c*"]
    known: dict[str, object] = {}
    with Renderer(known, limit=0.3) as renderer:
        made = renderer.render_all(texts)
        assert [each.note for each in made] == ["", f"Shown as plain text: {TOO_SLOW}.", "", ""]
        assert made[1].html.startswith('<pre class="plain"><code>!![!![')
        assert renderer.render(SLOW) is made[1]  # not tried again
        assert result_key(SLOW) not in known  # but perhaps by another renderer
    assert set(known) == {result_key(text) for text in texts if text != SLOW}


def test_each_gets_less_time_once_much_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "PATIENCE", 0.2)
    monkeypatch.setattr(pool, "SHORT_LIMIT", 0.3)
    with Renderer(limit=0.6) as renderer:
        renderer.render_all([SLOW])
        assert renderer.render(SLOW + "a").note
        assert renderer.render("*a*").html == "<p><em>a</em></p>\n"


def test_a_process_that_dies_costs_no_text() -> None:
    others = multiprocessing.active_children()
    with Renderer() as renderer:
        renderer.render("*a*")
        (own,) = set(multiprocessing.active_children()) - set(others)
        own.kill()
        assert [made.html for made in renderer.render_all(["*b*", "c"])] == [
            "<p><em>b</em></p>\n",
            "<p>c</p>\n",
        ]


def test_known_texts_need_no_process() -> None:
    known: dict[str, object] = {}
    with Renderer(known) as renderer:
        first = renderer.render_all(["*a*", "[b](c) \u202e"])
    kept = json.loads(json.dumps(known))
    others = multiprocessing.active_children()
    with Renderer(kept) as renderer:
        assert renderer.render_all(["*a*", "[b](c) \u202e", "x" * 300_000])[:2] == first
        assert multiprocessing.active_children() == others


def test_texts_that_a_store_holds_need_no_process(tmp_path: Path) -> None:
    texts = ["*a*", "[b](c) \u202e", "plain"]
    store = Cache(tmp_path, "", 1_700_000_000)
    with Renderer() as renderer:
        first = renderer.render_all(texts, 4, store)
    store.close()
    others = multiprocessing.active_children()
    with Renderer() as renderer, closing(Cache(tmp_path, "", 1_700_000_000)) as store:
        assert renderer.render_all(texts, 4, store) == first
        assert multiprocessing.active_children() == others


@pytest.mark.parametrize(
    "kept",
    [
        ["<script>1</script>", "", []],
        ['<a href="javascript:1">x</a>', "", []],
        ["<p>x</p>"],
        [1, 2, 3],
        {"html": "x"},
        "x",
        None,
    ],
)
def test_what_somebody_wrote_into_the_known_is_not_believed(renderer: Renderer, kept: object) -> None:
    with Renderer({result_key("*a*"): kept}) as mistrustful:
        assert mistrustful.render("*a*").html == "<p><em>a</em></p>\n"


# A shell starts what it runs in the background with Ctrl-C ignored, tests too.
PROGRAM = """
import signal
from agentledger.site.markdown.pool import Renderer
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with Renderer(limit=5) as renderer:
        renderer.render("*a*")
        print("ready", flush=True)
        while True:
            renderer.render_all([f"{n} " + "!![" * 20000 for n in range(1000)])
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_no_process_is_left_when_we_are_ended(end: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    program = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert program.stdout
    assert program.stdout.readline() == "ready\n"
    # Ctrl-C goes to all processes of a terminal, a kill to one.
    (os.killpg if end == signal.SIGINT else os.kill)(program.pid, end)
    # The pipes end with the last process that holds them.
    try:
        _, errors = program.communicate(timeout=60)
    finally:
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGKILL)
    assert errors.count("Traceback") == (end == signal.SIGINT)
    assert program.returncode == -end
