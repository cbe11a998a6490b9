"""Engines switched on and off while they play: a straight line from dry to wet, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from rig.engine import Payload, registry
from rig.native import BLOCK, Chain, Rack, Unit

RATE = 48_000
FADE = RATE // 100  # frames


def unit(name: str, payload: Payload = Payload(), branch: str = "", **params: float) -> Unit:
    return Unit(registry()[name], payload, params, branch=branch)


def noise(rng: np.random.Generator, frames: int) -> np.ndarray:
    return rng.normal(0, 0.2, frames).astype(np.float32)


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    return np.array_equal(a.view(np.uint32), b.view(np.uint32))


Switches = Sequence[tuple[int, bool]]
"""At which frame, and whether on."""


def play(chain: Chain, x: np.ndarray, switches: Switches, block: int, index: int) -> np.ndarray:
    """A signal through a chain, `block` frames at a time, cut where its unit `index` is switched."""
    out, at = [], 0
    for until, on in [*switches, (len(x), True)]:
        out += [chain.process(x[i : min(i + block, until)]) for i in range(at, until, block)]
        if until < len(x):
            chain.switch(index, on)
            assert chain.on(index) == on
        at = until
    return np.concatenate(out)


def shares(switches: Switches, frames: int, fade: int = FADE) -> np.ndarray:
    """Of the engine in what is heard, frame by frame: (frames,) float64."""

    def steps() -> Iterator[float]:
        wet, ahead, on = fade, list(switches), True
        for i in range(frames):
            while ahead and ahead[0][0] == i:
                on = ahead.pop(0)[1]
            wet = min(wet + 1, fade) if on else max(wet - 1, 0)
            yield wet / fade

    return np.fromiter(steps(), float, frames)


def targets(foreign) -> dict[str, Unit]:
    response = np.hanning(300).astype(np.float32) / 150
    return {
        "gain": unit("gain", gain=9.0),
        "cab": unit("cab", Payload((response,), gain_in=2.0, gain_out=0.7)),
        "bend": Unit(foreign("bend")),
        "bend at a rate of its own": Unit(foreign("bend"), Payload(rate=44_100)),
    }


@pytest.mark.parametrize("name", ["gain", "cab", "bend", "bend at a rate of its own"])
def test_random_switches_are_the_ideal_cross_fade_in_blocks_of_any_size(rng, foreign, name):
    target, x = targets(foreign)[name], noise(rng, 8000)
    dry = Chain([unit("eq", bass=6.0)], RATE).process(x)
    wet = Chain([unit("eq", bass=6.0), target], RATE).process(x)
    when = np.sort(rng.choice(len(x), 16, replace=False)).tolist()
    switches = [(at, bool(rng.integers(2))) for at in when]
    share = shares(switches, len(x))
    assert ((share > 0) & (share < 1)).any()
    ideal = (1 - share) * dry + share * wet
    whole = None
    for block in (1, 7, 64, 300):
        out = play(Chain([unit("eq", bass=6.0), target], RATE), x, switches, block, index=1)
        assert np.abs(out - ideal).max() < 3e-7 * max(1, np.abs(wet).max())
        whole = out if whole is None else whole
        assert same_bits(out, whole) or name == "cab", "the size of a block changes no bit"


def test_on_is_the_engine_and_off_the_input_bit_for_bit(rng, foreign):
    target, x = targets(foreign)["bend at a rate of its own"], noise(rng, 4000)
    x[::7] = -0.0
    wet = Chain([target], RATE).process(x)
    out = play(Chain([target], RATE), x, [(1000, False), (2500, True)], 64, index=0)
    assert same_bits(out[:1000], wet[:1000])
    assert same_bits(out[1000 + FADE : 2500], x[1000 + FADE : 2500])
    assert same_bits(out[2500 + FADE - 1 :], wet[2500 + FADE - 1 :]), "it was in the middle of the music"
    assert not same_bits(out[1000:1064], wet[1000:1064])


def test_at_birth_it_is_as_it_is_said_without_a_fade(rng):
    x = noise(rng, 2000)
    target = unit("gain", gain=12.0)
    off = Chain([replace(target, on=False)], RATE)
    assert not off.on(0)
    assert same_bits(off.process(x), x)
    off.switch(0, True)
    assert same_bits(off.process(x)[FADE:], Chain([target], RATE).process(x)[FADE:])


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000, 192_000])
def test_it_takes_ten_milliseconds_at_any_rate(rate):
    chain = Chain([unit("gain", gain=-60.0)], rate)
    chain.switch(0, False)
    rises = chain.process(np.ones(rate // 10, np.float32))
    assert int(np.argmax(rises == 1.0)) + 1 == rate // 100
    assert np.diff(rises)[: rate // 100 - 1] == pytest.approx(0.999 / (rate // 100), rel=1e-2)


def test_turning_back_halfway_makes_no_step():
    chain = Chain([unit("gain", gain=-60.0)], RATE)
    out = play(chain, np.ones(2000, np.float32), [(100, False), (350, True), (400, False)], 64, index=0)
    assert np.abs(np.diff(out)).max() < 1.01 / FADE


def test_before_it_hears_silence_a_switch_makes_no_fade(rng):
    x = noise(rng, 1000)
    for settle in (Chain.prewarm, Chain.reset):
        chain = Chain([unit("gain", gain=12.0)], RATE)
        chain.switch(0, False)
        settle(chain)
        assert same_bits(chain.process(x), x)


def test_the_guard_watches_an_engine_that_is_off(rng, foreign):
    x = noise(rng, 30 * BLOCK)
    chain = Chain([replace(Unit(foreign("nan"), params={"when": 5}), on=False)], RATE)
    assert same_bits(chain.process(x), x)
    assert chain.faults[0] >= 1
    fading = Chain([Unit(foreign("nan"), params={"when": 3}), unit("gain", gain=6.0)], RATE)
    fading.switch(0, False)
    assert np.allclose(fading.process(x), x * 10 ** (6 / 20), rtol=1e-5)
    assert fading.faults[0] >= 1


# ---- branches, and what is late


def branched(foreign, *, mix: float = 0.4) -> list[Unit]:
    """gain, a: bend, b: bend at 44.1 kHz and gain, joined."""
    a = [Unit(foreign("bend"), branch="a")]
    b = [Unit(foreign("bend"), Payload(rate=44_100), branch="b"), unit("gain", branch="b", gain=-3.0)]
    return [unit("gain", gain=3.0), *a, *b, unit("blend", Payload(ints=(0, 0, 0)), mix=mix)]


def test_an_engine_that_joins_and_is_off_passes_branch_a(rng, foreign):
    x = noise(rng, 3000)
    units = branched(foreign)
    units[-1] = replace(units[-1], on=False)
    assert same_bits(Chain(units, RATE).process(x), Chain([units[0], replace(units[1], branch="")], RATE).process(x))


def test_an_engine_in_a_branch_is_switched_there(rng, foreign):
    x = noise(rng, 3000)
    for index in (1, 2, 3):
        switched, left_out = branched(foreign), branched(foreign)
        switched[index] = replace(switched[index], on=False)
        del left_out[index]
        assert same_bits(Chain(switched, RATE).process(x), Chain(left_out, RATE).process(x))


def test_engines_that_are_off_delay_nothing(foreign):
    own = Unit(foreign("bend"), Payload(rate=44_100))
    slow = Unit(foreign("bend"), Payload(rate=22_050))
    one, two = (Chain([u], RATE).latency for u in (own, slow))
    chain = Chain([own, replace(slow, on=False)], RATE)
    assert chain.latency == one
    chain.switch(1, True)
    assert chain.latency == one + two
    chain.switch(0, False)
    assert chain.latency == two
    chain.switch(1, False)
    assert chain.latency == 0


def test_what_is_late_in_branches_counts_where_it_is_heard(foreign):
    chain = Chain([*branched(foreign), Unit(foreign("bend"), Payload(rate=44_100))], RATE)
    one = Chain([Unit(foreign("bend"), Payload(rate=44_100))], RATE).latency
    assert chain.latency == 2 * one
    chain.switch(4, False)
    assert chain.latency == one, "branch b is not heard"
    chain.switch(4, True)
    chain.switch(2, False)
    assert chain.latency == one


# ---- in the rack


def long_memory(rng: np.random.Generator, foreign) -> list[Unit]:
    """Engines that remember, around the one at 1 that is switched: what those behind it heard, they still hear."""
    rooms = [(rng.normal(0, 0.03, 8000) * np.exp(-np.arange(8000) / 3000)).astype(np.float32) for _ in range(3)]
    a, b, c = (unit("cab", Payload((room,))) for room in rooms)
    return [a, Unit(foreign("bend")), b, Unit(foreign("bend")), c]


def rack_of(*amps: Chain) -> Rack:
    rack = Rack(RATE)
    for i, chain in enumerate(amps):
        chain.prewarm()
        rack.offer("amp", i, chain)
    rack.limit(False)
    rack.begin(open=True)
    return rack


def ideal_of(before: np.ndarray, after: np.ndarray, start: int) -> np.ndarray:
    """The rack's equal-power fade from one to the other, from frame `start` on."""
    rise = np.clip((np.arange(len(before)) - start + 0.5) / FADE, 0, 1) * np.pi / 2
    return np.cos(rise) * before + np.sin(rise) * after


def always(units: Sequence[Unit], index: int, x: np.ndarray) -> np.ndarray:
    """As if unit `index` had always been off."""
    chain = Chain([replace(u, on=i != index) for i, u in enumerate(units)], RATE)
    chain.prewarm()
    return chain.process(x)


@pytest.mark.parametrize("how", ["born off", "switched in its slot", "switched while it catches up"])
def test_a_newcomer_sounds_as_if_it_had_always_been_so(rng, foreign, how):
    x, when, period = noise(rng, 2 * RATE), RATE, 16
    units = long_memory(rng, foreign)
    lead = Chain([replace(u, on=how != "born off" or i != 1) for i, u in enumerate(units)], RATE)
    rack = rack_of(Chain([unit("gain", gain=-40.0)], RATE), lead)
    parts = [rack.process(x[:when], period)[0]]
    if how == "switched in its slot":
        lead.switch(1, False)
    rack.play(1)
    for i, at in enumerate(range(when, len(x), period)):
        if how == "switched while it catches up" and i in (3, 4, 6):
            assert rack.meters().fade_frame == 0, "it is not there yet, else this tests nothing"
            lead.switch(1, i == 4)
        parts.append(rack.process(x[at : at + period], period)[0])
    start = rack.meters().fade_frame
    assert when <= start < len(x) - RATE // 8
    error = np.abs(np.concatenate(parts) - ideal_of(0.01 * x, always(units, 1, x), start))
    assert error.max() < 1e-5


def test_in_the_rack_a_switch_is_heard_as_a_fade(rng):
    x = noise(rng, 4000)
    chain = Chain([unit("gain", gain=6.0)], RATE)
    rack = rack_of(chain)
    out = [rack.process(x[:1024], 256)[0]]
    chain.switch(0, False)
    out.append(rack.process(x[1024:], 256)[0])
    share = shares([(1024, False)], len(x))
    assert np.abs(np.concatenate(out) - x * (1 - share + share * 10 ** (6 / 20))).max() < 1e-6


def test_what_was_switched_before_the_rack_ran_is_there_from_the_first_frame_on(rng):
    x = noise(rng, 1000)
    chain = Chain([unit("gain", gain=6.0)], RATE)
    rack = Rack(RATE)
    rack.offer("amp", 0, chain)
    rack.limit(False)
    chain.switch(0, False)
    rack.begin(open=True)
    assert np.array_equal(rack.process(x)[0], x)
