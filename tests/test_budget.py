"""A test that runs away is ended and named."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from budget import budget
from leash import leashed

HERE = Path(__file__).parent
RUN = """
import signal, sys, time
sys.path.insert(0, sys.argv[1])
from budget import budget
"""
BLOCKED = "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])  # as good as a loop in C"
SWALLOWED = """
def {name}():
    {before}
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass
with budget(0.1, 0.3):
    {name}()
"""


def ran(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(leashed([sys.executable, "-c", RUN + code, HERE]), capture_output=True, text=True, timeout=60)


def test_what_takes_too_long_fails():
    with pytest.raises(pytest.fail.Exception, match=r"took longer than 0.05 s"), budget(0.05):
        time.sleep(60)


@pytest.mark.parametrize("before", ["pass", BLOCKED])
def test_what_does_not_let_itself_be_ended_takes_the_process_with_it_and_says_where(before):
    done = ran(SWALLOWED.format(name="running_away", before=before))
    assert done.returncode == 1
    assert "in running_away" in done.stderr


def test_what_ends_in_time_is_left_alone():
    done = ran(
        "with budget(0.2, 0.2): pass\ntime.sleep(0.6)\nprint(signal.getsignal(signal.SIGALRM) == signal.SIG_DFL)"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
