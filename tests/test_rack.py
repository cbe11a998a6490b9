"""The rack offline: switching, guards, lending, limiter, meters."""

from __future__ import annotations

import ctypes
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from compiler import CSRC, HERE
from leash import leashed
from networks import guitarml

from rig import native
from rig.engine import Payload, registry
from rig.errors import RigError
from rig.native import BLOCK, HISTORY, Chain, Rack, Unit

RATE = 48_000


def model(rng: np.random.Generator, tmp_path: Path, **shape) -> Payload:
    import json

    from rig.engines.model import payload
    from rig.models.formats import load_model

    path = tmp_path / "net.json"
    path.write_text(json.dumps(guitarml(rng, **shape)))
    return payload(load_model(path))


def unit(name: str, payload: Payload = Payload(), **params: float) -> Unit:
    return Unit(registry()[name], payload, params)


def rack_of(*amps: Chain, open: bool = True) -> Rack:
    rack = Rack(RATE)
    for i, chain in enumerate(amps):
        chain.prewarm()
        rack.offer("amp", i, chain)
    rack.limit(False)
    rack.begin(open=open)
    return rack


def guitar(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """Something that starts and stops, as a guitar does."""
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    x = sum(np.sin(2 * np.pi * hz * t) / k for k, hz in enumerate((110, 220.4, 331, 523), 1))
    swell = np.interp(t, np.linspace(0, seconds, 40), rng.random(40) ** 3)
    return (0.2 * x * swell + rng.normal(0, 1e-5, n)).astype(np.float32)


def test_a_rack_of_nothing_is_a_wire(rng):
    x = rng.normal(0, 0.1, 1000).astype(np.float32)
    out_1, out_2, di = rack_of().process(x)
    assert np.array_equal(out_1, x)
    assert np.array_equal(out_2, x)
    assert np.array_equal(di, x)


def test_a_switch_at_any_moment_is_the_ideal_cross_fade(rng, tmp_path):
    """Against two chains that had always run, within -60 dBFS."""
    x = guitar(rng, 2.0)
    clean = [unit("gain", gain=3.0), unit("eq", bass=8.0, presence=-8.0)]
    net = model(rng, tmp_path, channels=8, dilations=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512))
    lead = [unit("gate", threshold=-50.0), unit("gain", gain=6.0), unit("model", net), unit("eq", mid=5.0)]
    cab = Payload((np.hanning(300).astype(np.float32) / 150,))
    lead.append(unit("cab", cab))
    alone = []
    for units in (clean, lead):
        always = Chain(units, RATE)
        always.prewarm()
        alone.append(always.process(x))
    fade = np.sin((np.arange(480) + 0.5) / 480 * np.pi / 2)
    for period in (16, 64, 1024):
        rack = rack_of(Chain(clean, RATE), Chain(lead, RATE))
        when = int(rng.integers(RATE // 2, RATE)) // period * period
        before, _, _ = rack.process(x[:when], period)
        rack.play(1)
        after, _, _ = rack.process(x[when:], period)
        start = rack.meters().fade_frame
        # Offline it catches up at twice the pace of the music on any machine, and begins half as far back as it remembers.
        half = when + Chain(lead, RATE).memory // 2
        assert half <= start <= half + 3 * BLOCK
        rise = np.concatenate([np.zeros(start), fade, np.ones(len(x) - start - 480)])
        fall = np.concatenate([np.ones(start), fade[::-1], np.zeros(len(x) - start - 480)])
        ideal = fall * alone[0] + rise * alone[1]
        error = np.abs(np.concatenate([before, after]) - ideal)
        assert error.max() < 1e-3, (period, 20 * np.log10(error.max()))


def test_going_there_and_back_before_anything_is_heard_changes_nothing(rng, tmp_path):
    net = model(rng, tmp_path, channels=16, dilations=(1, 512, 512, 512, 512, 512, 512, 512))
    x = guitar(rng, 1.0)
    rack = rack_of(Chain([unit("gain", gain=-6.0)], RATE), Chain([unit("model", net)], RATE))
    parts = []
    for i, at in enumerate(range(0, len(x), 16)):
        if i == 1000:
            rack.play(1)
        if i == 1001:
            rack.play(0)
        parts.append(rack.process(x[at : at + 16], 16)[0])
    if rack.meters().fade_frame == 0:
        assert np.array_equal(np.concatenate(parts), Chain([unit("gain", gain=-6.0)], RATE).process(x))
    assert rack.meters().settled


def test_bypass_fades_to_the_guitar_and_back(rng):
    x = guitar(rng, 1.0)
    rack = rack_of(Chain([unit("gain", gain=-20.0)], RATE))
    rack.bypass(True)
    out, _, _ = rack.process(x)
    assert np.array_equal(out[480 + BLOCK :], x[480 + BLOCK :])
    rack.bypass(False)
    out, _, _ = rack.process(x)
    assert np.allclose(out[480 + BLOCK :], x[480 + BLOCK :] * 0.1, rtol=1e-5)


def test_the_door_fades_in_and_out_without_a_click():
    rack = rack_of(open=False)
    ones = np.full(RATE // 10, 0.5, np.float32)
    assert not rack.process(ones)[0].any()
    rack.open()
    rising, _, _ = rack.process(ones)
    assert rising[-1] == 0.5
    assert np.abs(np.diff(rising)).max() < 0.001
    rack.open(False)
    falling, _, _ = rack.process(ones)
    assert falling[-1] == 0.0
    assert rack.meters().silent
    assert np.abs(np.diff(falling)).max() < 0.001


@pytest.mark.parametrize("name", ["nan", "inf"])
def test_a_broken_engine_is_named_and_the_sound_goes_on(foreign, rng, name):
    x = guitar(rng, 0.5)
    chain = Chain([unit("gain", gain=6.0), Unit(foreign(name), params={"when": 100}), unit("eq", bass=3.0)], RATE)
    rack = rack_of(chain)
    out, _, _ = rack.process(x)
    assert np.isfinite(out).all()
    assert chain.faults[0] == 0
    assert chain.faults[1] >= 1
    assert chain.faults[2] == 0
    assert np.std(out) > np.std(x), "the engines around it still play"


def test_a_new_chain_hears_no_more_silence_than_twice_what_it_could_hear_of_the_past(foreign):
    most = 2 * HISTORY // BLOCK
    for when, faults in ((most, 1), (most + 1, 0)):
        chain = Chain([Unit(foreign("long"), params={"when": when})], RATE)
        assert chain.memory > 2 * HISTORY
        chain.prewarm()
        assert chain.faults == (faults,)


def test_a_broken_input_is_silence_not_the_end(rng):
    x = guitar(rng, 0.2)
    x[1000], x[3000] = np.nan, np.inf
    rack = rack_of(Chain([unit("eq", bass=6.0)], RATE))
    out, _, di = rack.process(x)
    assert np.isfinite(out).all()
    assert np.isfinite(di).all()
    assert rack.meters().input_faults == 2
    assert np.std(out[4000:]) > 0.5 * np.std(x[4000:])


def test_made_is_freed_and_alive_after_thousands_of_swaps(rng, tmp_path):
    """Chains swapped under a rack that runs in another thread: none is lost, none is freed twice."""
    import gc
    import threading

    gc.collect()
    start = native.chains_made() - native.chains_freed()
    made = native.chains_made()
    net = model(rng, tmp_path, channels=2, dilations=(1, 2))
    rack = rack_of(Chain([unit("model", net)], RATE))
    stop = threading.Event()
    x = guitar(rng, 0.01)

    def run(rack: Rack) -> None:
        while not stop.is_set():
            rack.process(x)

    thread = threading.Thread(target=run, args=(rack,))
    thread.start()
    try:
        for i in range(3000):
            rack.offer("amp", i % 3, Chain([unit("model", net)] if i % 2 else [unit("gain")], RATE))
            rack.play(int(rng.integers(3)))
            if i % 50 == 0:
                rack.offer("input", 0, Chain([unit("eq")], RATE))
            time.sleep(0.0002)
        until = time.monotonic() + 10
        while rack.lent > 4 and time.monotonic() < until:
            rack.collect()
            time.sleep(0.01)
    finally:
        stop.set()
        thread.join()
    gc.collect()
    assert native.chains_made() - made == 3061
    assert rack.lent == 4, "three amps and an input chain"
    assert native.chains_made() - native.chains_freed() == start + rack.lent
    del rack, thread
    gc.collect()
    assert native.chains_made() - native.chains_freed() == start


def test_the_limiter_leaves_quiet_alone_and_holds_loud():
    t = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 200 * t).astype(np.float32)
    rack = rack_of()
    rack.limit(True)
    assert rack.process(0.6 * tone)[0][RATE // 2 :].max() == pytest.approx(0.6, rel=1e-3)
    assert rack.meters().limiter == 1.0
    loud, _, _ = rack.process(8.0 * tone)
    assert np.abs(loud).max() <= 1.0
    settled = loud[RATE // 2 :]
    spectrum = np.abs(np.fft.rfft(settled))
    assert np.sort(spectrum)[-2] < 0.05 * spectrum.max(), "it turns down; it does not clip"
    meters = rack.meters()
    assert meters.limiter == pytest.approx(1 / 8, rel=0.1)
    assert meters.out_clips > 0
    assert meters.out_peak <= 1.0


def test_meters_show_peaks_once(rng):
    rack = rack_of(Chain([unit("gain", gain=-6.0)], RATE))
    x = np.zeros(1000, np.float32)
    x[500] = -0.8
    rack.process(x)
    meters = rack.meters()
    assert meters.in_peak == pytest.approx(0.8)
    assert meters.out_peak == pytest.approx(0.8 * 10 ** (-6 / 20), rel=1e-4)
    assert meters.callbacks == 16
    assert meters.frames == 1000
    assert rack.meters().in_peak == 0.0


def test_two_who_watch_the_meters_take_nothing_from_each_other(rng):
    rack = rack_of(Chain([unit("gain", gain=-6.0)], RATE))
    rack.limit(True)
    x = np.zeros(1000, np.float32)
    x[500] = -0.8
    rack.process(x)
    late = rack.watch()
    assert late.meters().in_peak == 0.0, "what was before it came is not its"
    other = rack.watch()
    rack.process(8.0 * x)
    for watch in (rack, late, other):
        meters = watch.meters()
        assert meters.in_peak == pytest.approx(6.4)
        assert meters.out_peak > 0.7
        assert meters.limiter < 0.5
        assert meters.load > 0.0
        again = watch.meters()
        assert (again.in_peak, again.out_peak, again.limiter, again.load) == (0.0, 0.0, 1.0, 0.0)
    rack.process(0.1 * x)
    assert rack.meters().in_peak == pytest.approx(0.08)
    rack.process(0.2 * x)
    assert [watch.meters().in_peak for watch in (rack, late, other)] == pytest.approx([0.16, 0.16, 0.16])
    assert other.meters().frames == 4000


def test_no_peak_is_lost_while_others_look(rng):
    """Each of several threads sees the highest peak of a rack that runs in another, whoever looks when."""
    import threading

    rack = rack_of()
    watches = [rack.watch() for _ in range(3)]
    highest, stop = [0.0] * len(watches), threading.Event()

    def look(i: int) -> None:
        while not stop.is_set():
            highest[i] = max(highest[i], watches[i].meters().in_peak)

    threads = [threading.Thread(target=look, args=(i,)) for i in range(len(watches))]
    for thread in threads:
        thread.start()
    try:
        for at in rng.permutation(300):
            x = np.zeros(BLOCK, np.float32)
            x[0] = (at + 1) / 300
            rack.process(x)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for seen, watch in zip(highest, watches, strict=True):
        assert max(seen, watch.meters().in_peak) == 1.0


def test_a_loop_plays_into_the_input_and_is_recorded(rng):
    x = guitar(rng, 0.1)
    rack = Rack(RATE)
    rack.loop(x)
    rack.limit(False)
    rack.begin(open=True)
    rack.record(True)
    rack.process(np.zeros(3 * len(x), np.float32))
    taken = rack.recorded()
    assert np.array_equal(taken[:, 0], np.tile(x, 3))
    assert np.array_equal(taken[:, 1], taken[:, 0])
    assert np.array_equal(rack.heard(1000), x[-1000:])


def test_an_empty_loop_is_none():
    rack = Rack(RATE)
    rack.limit(False)
    rack.loop(np.zeros(0, np.float32))
    rack.begin(open=True)
    assert np.array_equal(rack.process(np.full(200, 0.1, np.float32))[0], np.full(200, 0.1, np.float32))


@pytest.mark.slow
def test_threads_share_nothing_without_saying_so(compiler):
    """The rack, a recording and a capture's player in an audio thread, under the compiler's thread sanitizer."""
    flags = ("-O1", "-g", "-fsanitize=thread", "-pthread")
    sources = [path for path in sorted(CSRC.glob("rack/*.c")) if path.stem != "bench"]
    sources += [CSRC / "engines" / "gain.c", CSRC / "engines" / "insert.c", HERE / "threads.c"]
    program = compiler.program("threads", [compiler.object(source, *flags) for source in sources], *flags)
    done = subprocess.run(leashed([program]), capture_output=True, text=True)
    if "unexpected memory mapping" in done.stderr:
        pytest.skip("the kernel lays memory out in a way that the sanitizer cannot work with")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert int(done.stdout.split()[0]) > 0, "it recorded so much that some was lost"


def test_what_python_can_ask_for_is_checked(rng):
    with pytest.raises(RigError, match="ABI"):
        native.engine("gain", address=_of_another_age())


_OLD = ctypes.create_string_buffer(256)


def _of_another_age() -> int:
    ctypes.c_uint32.from_buffer(_OLD).value = 99
    return ctypes.addressof(_OLD)
