"""The drills' own arithmetic, and their page; the drills themselves are run by `make drills`."""

from __future__ import annotations

import pytest
from drills.promises import PAGE, Finding, table, written
from drills.runner import DRILLS
from drills.watching import BINS, PER_PERIOD, alone, shares


def test_shares_of_a_period_are_told_from_counts():
    bins = [0] * BINS
    bins[100], bins[400], bins[900] = 980, 15, 5
    found = shares(bins)
    assert (found.p50, found.p99, found.p999, found.worst) == (0.101, 0.401, 0.901, 0.901)
    assert shares([0] * BINS).worst == 0.0
    assert PER_PERIOD * 8 == BINS


def test_a_callback_that_is_late_beside_another_clients_is_none_of_ours():
    assert alone([1000, 5000], [1064], 64) == 1
    assert alone([1000], [], 64) == 1


def test_each_drill_has_its_place_in_the_page():
    page = PAGE.read_text()
    for drill in DRILLS:
        new = written(page, drill.name, table([Finding("a server killed", "1 s", "0.3 s", True)], "today"))
        assert "| a server killed | 1 s | 0.3 s | held |" in new
        assert all(f"<!-- {other.name} -->" in new for other in DRILLS)
    with pytest.raises(ValueError, match="no place"):
        written(page, "nothing", "")
