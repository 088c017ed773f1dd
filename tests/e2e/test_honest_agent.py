"""Honest, careless agents: nobody of them is stopped for good, and nothing of theirs is lost.

Belongs here: playing the rows of `honest_cases` on real repositories, with the hooks that `init` installs. What a
message says is typed as it stands, and nothing else, until the task is ready or the manager is asked.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import honest
from honest import Case
from honest_cases import CASES

pytestmark = pytest.mark.table


@pytest.fixture(scope="session")
def made(sealed_session: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What each case is a copy of."""
    with pytest.MonkeyPatch.context() as patch:
        use_todays_date(patch)
        return honest.make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    use_todays_date(monkeypatch)


def use_todays_date(patch: pytest.MonkeyPatch) -> None:
    """Check-ins are of today, and so have commits to be."""
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        patch.delenv(name)


ROWS = [
    pytest.param(case, id=case.name, marks=[pytest.mark.slow] if "10,000" in case.name else [])
    for case in CASES
]


@pytest.mark.parametrize("case", ROWS)
def test_what_the_messages_say_leads_to_the_end(made: Path, tmp_path: Path, case: Case) -> None:
    agent = honest.copy(made, tmp_path)
    assert agent.works(case) == case.end, agent.typed
    assert tuple(agent.refused) == case.refused, agent.typed
    assert agent.lost(case) == [], agent.typed


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)
