"""Two channels, tails and time in the rack: what rings goes on ringing whatever is switched."""

from __future__ import annotations

import numpy as np
import pytest

from rig.engine import Branches, Payload, registry
from rig.native import BLOCK, Chain, Rack, Unit, chains_freed, chains_made

RATE = 48_000
FADE = RATE // 100
QUIET = 1e-3  # -60 dB


def unit(name: str, payload: Payload = Payload(), on: bool = True, branch: str = "", **params: float) -> Unit:
    return Unit(registry()[name], payload, params, on=on, branch=branch)


def room(space: int = 1, **params: float) -> Unit:
    engine = registry()["reverb"]
    return unit("reverb", engine.load({}, {"space": space}, RATE), **params)


def chain(*units: Unit, channels: int = 1) -> Chain:
    made = Chain(units, RATE, channels=channels)
    made.prewarm()
    return made


def rack(*amps: Chain, output: Chain | None = None) -> Rack:
    made = Rack(RATE)
    for slot, amp in enumerate(amps):
        made.offer("amp", slot, amp)
    if output:
        made.offer("output", 0, output)
    made.limit(False)
    made.begin(open=True)
    return made


def play(made: Rack, x: np.ndarray) -> np.ndarray:
    """(2, frames) of what is heard."""
    left, right, _ = made.process(x)
    return np.stack([left, right])


def impulse(frames: int, at: int = 0) -> np.ndarray:
    x = np.zeros(frames, np.float32)
    x[at] = 1.0
    return x


def ringing() -> Chain:
    return chain(
        unit("gain", gain=-3.0), unit("delay", time=100.0, feedback=0.6, mix=0.4, pingpong=1.0), room(decay=1.0)
    )


SWITCHES = {
    "another amp": lambda made: made.play(1),
    "bypass": lambda made: made.bypass(True),
    "another chain in its place": lambda made: made.offer("amp", 0, chain(unit("gain", gain=-3.0))),
    "the engines removed": lambda made: made.offer("amp", 0, chain()),
}


@pytest.mark.parametrize("switch", SWITCHES)
def test_what_rang_rings_on_as_if_nothing_had_been_switched(rng, switch):
    x = impulse(RATE, at=5)
    made, never = rack(ringing(), chain(unit("eq", bass=3.0))), rack(ringing())
    head = RATE // 20 // BLOCK * BLOCK  # 50 ms
    first = play(made, x[:head])
    assert np.array_equal(first, play(never, x[:head]))
    SWITCHES[switch](made)
    after, wanted = play(made, x[head:]), play(never, x[head:])
    assert np.abs(wanted).max() > 0.05, "something rings"
    assert np.abs(after - wanted).max() < QUIET * np.abs(wanted).max()


def loaded(name: str, settings: dict[str, float] | None = None, **params: float) -> Unit:
    engine = registry()[name]
    return unit(name, engine.load({}, engine.settled(settings or {}), RATE), **params)


def large(branch: str = "") -> Unit:
    """A cabinet that is a room: a second of noise that dies away."""
    noise = np.random.default_rng(2).normal(0, 1, RATE) * np.exp(-np.arange(RATE) / 9000)
    return unit("cab", Payload(((noise / np.linalg.norm(noise)).astype(np.float32),), ints=(1,)), branch=branch)


AROUND = {
    "a room in a cabinet": lambda: chain(large()),
    "a pitch before it": lambda: chain(loaded("pitch", semitones=-5.0), unit("delay", time=100.0, mix=0.4)),
    "a pitch behind it": lambda: chain(unit("delay", time=100.0, mix=0.4), loaded("pitch", semitones=-5.0)),
    "a wah": lambda: chain(unit("wah", position=0.6), room(decay=1.0), unit("wah", follow=1.0)),
    "what wavers": lambda: chain(
        unit("chorus"), room(decay=1.0), unit("phaser"), loaded("flanger", settings={"through": 1.0}), unit("tremolo")
    ),
    "what holds it down": lambda: chain(room(decay=1.0), unit("comp", threshold=-40.0), unit("gate", threshold=-50.0)),
    "a drive": lambda: chain(large(), loaded("drive"), unit("peq", low=6.0, lowcut=80.0), unit("pan", pan=-0.5)),
    "an insert": lambda: chain(unit("insert"), room(decay=1.0), unit("insert")),
    "a blend": lambda: chain(
        large("a"),
        unit("delay", branch="b", time=90.0, mix=1.0),
        unit("blend", registry()["blend"].join(Branches(), {"align": 0.0}), mix=0.5),
    ),
}


@pytest.mark.parametrize("around", AROUND)
def test_it_does_so_whatever_stands_around_it(around):
    x, head = impulse(RATE // 2, at=5), RATE // 20 // BLOCK * BLOCK
    made, never = rack(AROUND[around](), chain(unit("eq", bass=3.0))), rack(AROUND[around]())
    play(made, x[:head])
    play(never, x[:head])
    made.play(1)
    after, wanted = play(made, x[head:]), play(never, x[head:])
    assert np.abs(wanted).max() > 1e-3, "something rings"
    assert np.abs(after - wanted).max() < QUIET * np.abs(wanted).max()


def test_the_new_amp_sounds_as_if_it_had_always_run_beside_the_tail(rng, foreign):
    x = rng.normal(0, 0.1, RATE).astype(np.float32)
    new = [unit("eq", bass=6.0), Unit(foreign("bend"))]
    made = rack(ringing(), chain(*new))
    head = RATE // 2 // BLOCK * BLOCK
    play(made, x[:head])
    made.play(1)
    after = play(made, x[head:])
    begun = made.meters().fade_frame
    faded = x.copy()  # what the old one heard: until the fade, and in it ever less
    faded[begun : begun + FADE] *= np.cos((np.arange(FADE) + 0.5) / FADE * np.pi / 2)
    faded[begun + FADE :] = 0.0
    tail = play(rack(ringing()), faded)[:, head:]
    always = play(rack(chain(*new)), x)[:, head:]
    settled = slice(begun + FADE - head, None)
    assert np.abs(tail[:, settled]).max() > 0.1
    assert np.abs(after - always - tail)[:, settled].max() < QUIET * 0.1
    made = rack(chain(unit("gain")), chain(*new))
    play(made, x[:head])
    made.play(1)
    alone = play(made, x[head:])
    settled = slice(made.meters().fade_frame + FADE - head, None)
    assert np.array_equal(alone[:, settled], always[:, settled]), "with no tail it is that to the last bit"


def test_one_that_comes_back_goes_on_with_what_still_rings():
    x = impulse(RATE)
    made, never = rack(ringing(), chain(unit("gain"))), rack(ringing())
    out, wanted = [], []
    for i, at in enumerate(range(0, RATE // BLOCK * BLOCK, 40 * BLOCK)):
        made.play(i % 2)
        out.append(play(made, x[at : at + 40 * BLOCK]))
        wanted.append(play(never, x[at : at + 40 * BLOCK]))
    out, wanted = np.hstack(out), np.hstack(wanted)
    assert np.abs(out - wanted).max() < QUIET * np.abs(wanted[:, 1:]).max()


def test_an_engine_that_rings_and_is_switched_off_dies_away_and_hears_nothing_more(rng):
    x = np.concatenate([impulse(RATE // 20), np.zeros(RATE)]).astype(np.float32)
    live, never = ringing(), ringing()
    head = RATE // 20
    assert np.array_equal(live.process(np.stack([x, x])[:, :head]), never.process(np.stack([x, x])[:, :head]))
    live.switch(1, False)
    live.switch(2, False)
    rest = np.stack([x, x])[:, head:]
    quiet = live.process(rest)
    assert np.abs(quiet).max() > 0.01
    loud = np.stack([impulse(RATE, 2 * FADE)] * 2)
    gone = live.process(loud)
    assert gone[0, 2 * FADE] == pytest.approx(10 ** (-3 / 20), abs=0.01), "what comes in passes"
    assert np.abs(gone[:, 2 * FADE + 1 :] - live.process(np.zeros_like(gone))[:, 2 * FADE + 1 :]).max() < 0.01


def test_chains_that_rang_go_back_when_they_have_rung_out_and_hold_up_no_slot():
    made, before = rack(ringing()), chains_made() - chains_freed()
    play(made, impulse(BLOCK * 4))
    for _ in range(3):  # each takes the slot at once, though what it held rings on
        newest = ringing()
        address = newest.address
        made.offer("amp", 0, newest)
        del newest
        play(made, impulse(30 * BLOCK))
    assert made.lent == 4 and made.meters().settled
    assert address in made._lent
    for _ in range(12):
        play(made, np.zeros(RATE, np.float32))
        made.collect()
    assert made.lent == 1
    assert chains_made() - chains_freed() <= before + 1


def test_only_so_many_ring_and_the_oldest_ends_without_a_click():
    endless = [chain(unit("gain", gain=-12.0), unit("delay", time=50.0 + i, feedback=0.98, mix=0.5)) for i in range(9)]
    made = rack(*endless)
    t = np.arange(RATE) / RATE
    x = (0.2 * np.sin(2 * np.pi * 225 * t)).astype(np.float32)
    out = []
    for i in range(9):
        made.play(i)
        out.append(play(made, x[: 100 * BLOCK]))
    out = np.hstack(out)
    steps = np.abs(np.diff(out)).max()
    assert steps < 4 * 2 * np.pi * 225 / RATE * np.abs(out).max(), "nothing jumps"
    made.play(8)
    silent = play(made, np.zeros(RATE, np.float32))
    assert np.abs(silent).max() > 0.01


def test_panic_silences_all_within_ten_milliseconds_and_begins_anew():
    made = rack(ringing(), chain(unit("delay", time=30.0, feedback=0.98, mix=0.5)))
    play(made, np.full(RATE // 4, 0.3, np.float32))
    made.play(1)
    play(made, np.full(RATE // 4, 0.3, np.float32))
    made.panic()
    after = play(made, np.zeros(RATE, np.float32))
    assert np.abs(after[:, 0]).max() > 0.01, "it was loud"
    assert not after[:, RATE // 100 :].any(), "and not an echo is left"
    again = play(made, np.full(RATE // 4, 0.3, np.float32))
    assert np.abs(again).max() > 0.1


def test_panic_in_the_middle_of_a_switch_leaves_no_echo_in_the_amp_that_goes():
    made = rack(chain(unit("delay", time=200.0, feedback=0.9, mix=0.5)), chain(unit("gain")))
    play(made, np.full(RATE // 4, 0.3, np.float32))
    made.play(1)
    play(made, np.full(BLOCK, 0.3, np.float32))
    assert not made.meters().settled
    made.panic()
    play(made, np.zeros(RATE // 10, np.float32))
    made.play(0)
    assert not play(made, np.zeros(RATE, np.float32)).any()


# ---- two channels


def test_a_mono_engine_behind_a_stereo_one_runs_once_a_side(rng):
    x = rng.normal(0, 0.2, (2, 4000)).astype(np.float32)
    taps = np.hanning(60).astype(np.float32)
    pair = Chain([unit("eq", bass=5.0), unit("cab", Payload((taps,)))], RATE, channels=2).process(x)
    for side in range(2):
        alone = Chain([unit("eq", bass=5.0), unit("cab", Payload((taps,)))], RATE).process(x[side])
        assert np.array_equal(pair[side], alone)


def test_at_a_rate_of_its_own_too(rng, foreign):
    x = rng.normal(0, 0.2, (2, 4000)).astype(np.float32)
    bend = Unit(foreign("bend"), Payload(rate=44_100))
    pair = Chain([bend], RATE, channels=2).process(x)
    for side in range(2):
        assert np.array_equal(pair[side], Chain([bend], RATE).process(x[side]))


def test_branches_of_which_one_is_stereo_are_joined_in_stereo(rng):
    x = rng.normal(0, 0.2, 6000).astype(np.float32)
    join = registry()["blend"].join
    assert join
    parts = [
        unit("gain", branch="a", gain=-6.0),
        unit("delay", branch="b", time=20.0, feedback=0.0, mix=1.0, pingpong=1.0),
        unit("blend", join(Branches(), {"align": 0.0}), mix=0.5),
    ]
    made = Chain(parts, RATE)
    assert made.channels == 2
    left, right = made.process(np.stack([x, x]))
    dry = 0.5 * x * np.float32(10 ** (-6 / 20))
    assert np.allclose(right, dry, atol=1e-6), "the echo is on the left, with no feedback"
    late = np.concatenate([np.zeros(960, np.float32), x[:-960]])
    assert np.allclose(left, dry + 0.5 * late, atol=1e-5)


def test_an_output_chain_for_two_channels_keeps_them_apart_and_one_for_one_hears_the_mean():
    taps = np.array([1.0, 0.5], np.float32)
    amp = chain(unit("delay", time=10.0, feedback=0.0, mix=1.0, pingpong=1.0))
    cab = unit("cab", Payload((taps,)))
    apart = play(rack(amp, output=chain(cab, channels=2)), impulse(1000))
    assert apart[0, 480:482] == pytest.approx([1.0, 0.5]) and not apart[1].any()
    amp = chain(unit("delay", time=10.0, feedback=0.0, mix=1.0, pingpong=1.0))
    mean = play(rack(amp, output=chain(cab)), impulse(1000))
    assert mean[:, 480] == pytest.approx([0.5, 0.5])


def test_the_limiter_holds_both_sides_by_the_louder_one():
    made = Rack(RATE)
    made.offer("amp", 0, chain(unit("delay", time=10.0, feedback=0.5, mix=1.0, pingpong=1.0), unit("gain", gain=12.0)))
    made.begin(open=True)
    t = np.arange(RATE) / RATE
    x = (0.9 * np.sin(2 * np.pi * 330 * t)).astype(np.float32)
    left, right, _ = made.process(x)
    assert np.abs(left).max() <= 1.0
    steady = slice(RATE // 2, None)
    ratio = np.std(left[steady]) / np.std(right[steady])
    assert ratio == pytest.approx(2.0, rel=0.02), "the picture does not shift: the right echo is half the left one"


def test_a_stereo_rig_is_bit_for_bit_the_same_in_blocks_of_any_size(rng):
    x = rng.normal(0, 0.2, (2, 6000)).astype(np.float32)
    params = {"time": 31.0, "feedback": 0.5, "mix": 0.5, "wobble": 2.0, "duck": 6.0}

    def made() -> Chain:
        return Chain([unit("delay", **params), room(predelay=3.0)], RATE)

    whole = made().process(x)
    assert np.abs(whole).max() > 0.1
    for block in (1, 7, 300):
        live = made()
        parts = [live.process(x[:, i : i + block]) for i in range(0, x.shape[1], block)]
        assert np.array_equal(np.hstack(parts), whole)


def test_whatever_is_switched_nothing_is_lost_and_nothing_breaks(rng):
    """Amps, chains, bypass and panic by chance, a thousand of them: all that leaves is a number, and every chain comes back."""

    def any_chain() -> Chain:
        pick = rng.integers(4)
        if pick == 0:
            return chain(unit("gain"))
        if pick == 1:
            return chain()
        echo = unit("delay", time=float(rng.uniform(1, 60)), feedback=float(rng.uniform(0, 0.7)), mix=0.5)
        return (
            chain(unit("gain"), echo) if pick == 2 else chain(unit("eq"), room(0, decay=0.3), unit("gain", gain=-3.0))
        )

    made = rack(*(any_chain() for _ in range(4)))
    made.limit(True)
    x = rng.normal(0, 0.2, 300 * BLOCK).astype(np.float32)
    moves = [
        lambda: made.play(int(rng.integers(5))),
        lambda: made.offer("amp", int(rng.integers(4)), any_chain()),
        lambda: made.offer("output", 0, any_chain()),
        lambda: made.bypass(bool(rng.integers(2))),
        lambda: made.panic() if rng.random() < 0.1 else None,
    ]
    for _ in range(1000):
        moves[rng.integers(len(moves))]()
        frames = int(rng.integers(1, 12)) * BLOCK
        at = int(rng.integers(0, len(x) - frames))
        out = play(made, x[at : at + frames])
        assert np.abs(out).max() <= 1.0
    made.bypass(False)
    for _ in range(4):
        play(made, np.zeros(RATE, np.float32))
        made.collect()
    assert made.lent <= 5, "four amps and an output"
    assert made.meters().settled
