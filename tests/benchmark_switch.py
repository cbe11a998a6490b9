"""What the callbacks of a switch take, in paced real time: one period at a time, asleep between, as JACK runs them. Run by hand.

    python tests/benchmark_switch.py [--before FOLDER] [--loads 20 41 62] [--switches 12] [--frames 64]

Amps of the loads asked for are stacked from models of random weights; the rack switches between two of each load again and again.
A callback counts to the catching up, to the fade, or to steady play by what the meters say before and after it. FOLDER: a
checkout of another revision, built in place; both take turns in one run.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
RATE = 48_000
STEADY = 0.3  # s of steady play before each switch
PATIENCE = 3.0  # s within which a switch should have come to its end
CHANNELS = 24
PROCESS = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint32, ctypes.c_void_p)
BUFFER = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32)(lambda port, frames: port)
GET_BUFFER = ctypes.cast(BUFFER, ctypes.c_void_p).value  # a port is its buffer
OCTAVES = [2**i for i in range(9)]


def paced(rack, x: np.ndarray, frames: int, callbacks: int, until=lambda: False) -> list[float]:
    """Run callbacks, each at its period's start: what each took, as shares of the period."""
    period = frames / RATE
    taken, at = [], time.perf_counter()
    for i in range(callbacks):
        at += period
        while (left := at - time.perf_counter()) > 0:
            time.sleep(left)
        if left < -period:
            at = time.perf_counter()  # it was late: JACK would have skipped
        block = x[i * frames % (x.size - frames) :][:frames]
        ports = np.zeros((4, frames), np.float32)
        ports[0] = block
        addresses = dict(zip(("in", "out_1", "out_2", "di"), (row.ctypes.data for row in ports), strict=True))
        function, argument = rack.callback({"get_buffer": GET_BUFFER}, addresses)
        process = PROCESS(function)
        start = time.perf_counter()
        process(frames, argument)
        taken.append((time.perf_counter() - start) / period)
        if until():
            break
    return taken


def amp(models: int, scale: float):
    """So many models behind one another, and a gain."""
    from rig.engine import Payload, registry
    from rig.engines.model import payload
    from rig.native import Chain, Unit
    from rig.report.bench import synthetic

    channels = max(2, round(CHANNELS * scale))
    units = [Unit(registry()["model"], payload(synthetic("", channels, OCTAVES))) for _ in range(models)]
    chain = Chain([*units, Unit(registry()["gain"], Payload(), {"gain": 0.0})], RATE)
    chain.prewarm()
    return chain


def rack_of(*amps):
    from rig.native import Rack

    rack = Rack(RATE)
    for i, chain in enumerate(amps):
        rack.offer("amp", i, chain)
    rack.begin(open=True)
    return rack


def load_of(models: int, scale: float, x: np.ndarray, frames: int) -> float:
    return float(np.median(paced(rack_of(amp(models, scale)), x, frames, 150)[50:]))


def run(switches: int, frames: int) -> list[dict[str, object]]:
    x = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    rows = []
    for models, scale in json.loads(os.environ["AMPS"]):
        rack = rack_of(amp(models, scale), amp(models, scale))
        steady, hears, fades, took = paced(rack, x, frames, 200)[100:], [], [], []
        for i in range(switches):
            steady += paced(rack, x, frames, round(STEADY * RATE / frames))
            before = rack.meters()
            rack.play((i + 1) % 2)
            shares = paced(rack, x, frames, round(PATIENCE * RATE / frames), lambda rack=rack: rack.meters().settled)
            meters = rack.meters()
            begins = (meters.fade_frame - before.frames) // frames if meters.fade_frame > before.frames else len(shares)
            hears += shares[:begins]
            fades += shares[begins:-1]
            took.append(1000 * len(shares) * frames / RATE)
        rows.append(
            {
                "load": float(np.median(steady)),
                "p99": float(np.percentile(steady, 99)),
                "steady": max(steady),
                "hears": hears,
                "fades": fades,
                "took": float(np.median(took)),
                "longest": max(took),
            }
        )
    return rows


def one(folder: Path, args: argparse.Namespace, amps: list) -> list[dict]:
    command = [sys.executable, __file__, "--child", "--loads", *map(str, args.loads)]
    command += ["--switches", str(args.switches), "--frames", str(args.frames)]
    environment = {**os.environ, "PYTHONPATH": str(folder), "AMPS": json.dumps(amps)}
    done = subprocess.run(command, env=environment, cwd=folder, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def calibrated(args: argparse.Namespace) -> list[tuple[int, float]]:
    """How many models of which width make each load."""
    x = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    found = []
    for load in args.loads:
        models, scale = 2, 1.0
        for _ in range(6):
            is_now = load_of(models, scale, x, args.frames)
            if abs(is_now / (load / 100) - 1) < 0.05:
                break
            scale *= (load / 100 / is_now) ** 0.5
        found.append((models, scale))
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--before", type=Path)
    parser.add_argument("--loads", type=float, nargs="+", default=[20, 41, 62])
    parser.add_argument("--switches", type=int, default=12)
    parser.add_argument("--frames", type=int, default=64)
    parser.add_argument("--child", action="store_true")
    args = parser.parse_args()
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(60))
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    if args.child:
        print(json.dumps(run(args.switches, args.frames)))
        return
    amps = calibrated(args)
    print("channels", [(m, round(CHANNELS * s)) for m, s in amps])
    print("        load   p99  worst | hears p50  p99  worst | fade p50  p99  worst | takes  longest")
    for name, folder in [*([("before", args.before)] if args.before else []), ("after", ROOT)]:
        for row in one(folder, args, amps):

            def three(values):
                return 100 * np.percentile(values, (50, 99, 100)) if len(values) else np.zeros(3)

            h, f = three(row["hears"]), three(row["fades"])
            print(
                f"{name:6} {100 * row['load']:5.0f} {100 * row['p99']:5.0f} {100 * row['steady']:6.0f} | {h[0]:6.0f} {h[1]:6.0f} {h[2]:6.0f} |"
                f" {f[0]:6.0f} {f[1]:6.0f} {f[2]:6.0f} | {row['took']:6.1f} ms {row['longest']:6.1f} ms",
                flush=True,
            )


if __name__ == "__main__":
    main()
