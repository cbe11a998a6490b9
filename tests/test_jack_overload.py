"""An amp of large models on a real server: what does not fit is left out, and played at its lightest as soon as that is made."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from model_files import write
from networks import nam_array, nam_wavenet

from rig.gig.gig import Gig
from rig.gig.opening import open_gig
from rig.report.cost import measure

PERIODS = 2  # that the amp takes; at its lightest half a one
PATIENCE = 60.0  # s, on a machine that does much else


@pytest.fixture
def preset(tmp_path, rng) -> Path:
    """A light amp, and one that takes several periods, by what this machine needs for its model."""
    model = write(tmp_path, nam_wavenet(rng, nam_array(96, dilations=(1, 2, 4))), "large.nam")
    count = max(3, round(PERIODS / measure(model, 48_000, 64, 0.05, oversample=4).share))
    path = tmp_path / "loads.toml"
    chain = ", ".join(['{ engine = "gain", gain = -20 }', *['{ model = "large.nam", oversample = 4 }'] * count])
    path.write_text(f'[[amp]]\nname = "Light"\nchain = []\n[[amp]]\nname = "Heavy"\nchain = [{chain}]\n')
    return path


def until(gig: Gig, said: list[str], true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, said
        gig.status()
        gig.install()
        said += [news.message for news in gig.news()]
        time.sleep(0.02)


def test_an_amp_that_takes_periods_plays_as_far_as_there_is_time_for_it(jack_server, preset):
    gig = open_gig([preset], name="overload", server=jack_server.name, connect=False)
    said: list[str] = []
    try:
        assert [bool(amp.too_much) for amp in gig.amps] == [False, True], "marked before it was heard"
        gig.do("amp Heavy")
        until(gig, said, lambda: any(message.startswith("overload: Heavy.model") for message in said))
        until(gig, said, lambda: any(message.endswith("will be played at the lowest quality") for message in said))
        frames = gig.reconciler.rack.frames
        until(gig, said, lambda: not gig.status().left_out and gig.status().load_mean < 1.0)
        assert gig.reconciler.rack.frames > frames, "the sound goes on"
        gig.do("amp Light")
        until(gig, said, lambda: gig.status().relief == "")
        assert [one.what for one in gig.incidents.log.incidents if "left out" in one.what]
    finally:
        gig.close()
