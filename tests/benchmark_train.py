"""Ours beside Neural Amp Modeler's: the same pair, the same processor, the same CPU seconds, one thread each. Run by hand.

    python tests/benchmark_train.py DRY WET [--minutes 2.5 7.5] [--size medium]

Each trains on the first nine tenths of the pair, and keeps some of that to choose its best epoch by; both are scored on the
last tenth, which neither hears. Theirs is the default recipe of the package `neural-amp-modeler` (its network, loss,
optimiser, batches and segments), run by its own `nam.train.full`; ours is what `rig train` does. The clock is
`process_time` from the start of training, judging included. Their model is the dearer of the two it makes; what both cost to
play is measured in our C engine, 64 frames at a time.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parent.parent
TEST = 0.1  # of the pair
WARM = 48_000  # frames before it, so that every network has its past
THEIR_VALIDATION = 0.08  # of what they may hear, as ours


def cut(dry_path: Path, wet_path: Path, folder: Path) -> int:
    """Both sides, aligned, as what is trained on and what is scored on -> Hz."""
    from rig.train import capture

    taken = capture.read(dry_path, wet_path)
    edge = int(len(taken.dry) * (1 - TEST))
    for side in ("dry", "wet"):
        sound = getattr(taken, side)
        soundfile.write(folder / f"{side}.wav", sound[:edge], taken.sample_rate, subtype="PCM_24")
        np.save(folder / f"{side}.npy", sound[edge - WARM :])
    return taken.sample_rate


def cost(path: Path) -> float | None:
    """Microseconds of one core for 64 frames of a model, the median; None where rig does not play its kind."""
    from rig.errors import RigError
    from rig.models import player
    from rig.models.formats import load_model

    try:
        chain = player.chain_of(load_model(path))
    except RigError:
        return None
    return 1e6 * float(np.median(chain.time(np.load(path.parent / "dry.npy"), 64)))


def ours(folder: Path, minutes: float, size: str) -> dict[str, object]:
    """Train with rig and play the scored part through its C engine."""
    from rig.models import player
    from rig.models.formats import load_model
    from rig.train import capture, data, loop
    from rig.train.options import SEGMENT_SECONDS
    from rig.train.result import Keeper
    from rig.train.settings import SIZES, Settings
    from rig.train.state import begin

    taken = capture.read(folder / "dry.wav", folder / "wet.wav")
    segment = round(SEGMENT_SECONDS * taken.sample_rate)
    settings = Settings(size=SIZES[size], segment=segment, batch_size=1, minutes=minutes)
    ready = data.prepare([taken], settings.size.receptive_field, settings.segment, settings.normalize)
    state = loop.train(begin(settings), ready, settings, clock=time.process_time)
    Keeper(folder / "ours.json", "ours", ready, [taken], settings).keep(state)
    model = load_model(folder / "ours.json")
    np.save(folder / "ours.npy", player.run(model, np.load(folder / "dry.npy")))
    return {
        "network": f"{settings.size.channels} ch x {len(settings.size.dilations)}",
        "weights": model.weights,
        "cost": cost(folder / "ours.json"),
        "epochs": state.step / loop.steps_per_epoch(ready, settings),
        "cpu": state.seconds,
    }


def theirs(folder: Path, minutes: float, size: str) -> dict[str, object]:
    """Train with Neural Amp Modeler and play the scored part with its own network."""
    import pytorch_lightning as lightning
    import torch
    from nam.models import init_from_nam
    from nam.train import core, full

    class Limit(lightning.Callback):
        """Ends the training when its CPU time is over; Lightning then validates once more."""

        def on_train_start(self, trainer, module) -> None:
            self.began, self.steps = time.process_time(), 0

        def on_train_batch_end(self, trainer, module, outputs, batch, number) -> None:
            self.steps += 1
            self.cpu, self.batches = time.process_time() - self.began, trainer.num_training_batches
            if self.cpu >= 60 * minutes:
                trainer.should_stop = True

    limit, plain = Limit(), full._create_callbacks
    full._create_callbacks = lambda *args, **named: [*plain(*args, **named), limit]
    frames = soundfile.info(folder / "dry.wav").frames
    common, model, learning = core._get_configs(
        core._Version(3, 0, 0), str(folder / "dry.wav"), str(folder / "wet.wav"), 0, 100, core._NY_DEFAULT, 16
    )
    edge = int(frames * (1 - THEIR_VALIDATION))
    common["train"] = {"ny": core._NY_DEFAULT, "stop_samples": edge}
    common["validation"] = {"ny": None, "start_samples": edge, "require_input_pre_silence": None}
    learning["trainer"] |= {"accelerator": "cpu", "enable_progress_bar": False, "logger": False}
    torch.manual_seed(0)
    full.main(common, model, learning, folder, no_show=True, make_plots=False)
    file = json.loads(next(folder.glob("*.nam")).read_text())
    best = file["config"]["submodels"][-1]["model"] if file["architecture"] == "SlimmableContainer" else file
    (folder / "theirs.nam").write_text(json.dumps(best))
    network = init_from_nam(best)
    network.eval()
    with torch.no_grad():
        np.save(folder / "theirs.npy", network(torch.from_numpy(np.load(folder / "dry.npy")), pad_start=True).numpy())
    return {
        "network": f"{best['architecture']} A2",
        "weights": len(best["weights"]),
        "cost": cost(folder / "theirs.nam"),
        "epochs": limit.steps / limit.batches,
        "cpu": limit.cpu,
    }


def scores(folder: Path, who: str) -> tuple[float, float]:
    """ESR plain and pre-emphasised of the scored part."""
    import torch

    from rig.train.losses import esr, pre_emphasis

    target, heard = (torch.from_numpy(np.load(folder / f"{name}.npy"))[WARM:] for name in ("wet", who))
    return esr(target, heard), esr(pre_emphasis(target), pre_emphasis(heard))


def one(who: str, folder: Path, minutes: float, size: str) -> None:
    """In a process of its own: train, print what it was as a line of JSON."""
    import torch

    torch.set_num_threads(1)
    facts = {"ours": ours, "theirs": theirs}[who](folder, minutes, size)
    plain, bright = scores(folder, who)
    print(json.dumps({**facts, "plain": plain, "bright": bright}), flush=True)


def main() -> int:
    """Compare, a row a trainer and a number of minutes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dry", type=Path)
    parser.add_argument("wet", type=Path)
    parser.add_argument("--minutes", type=float, nargs="+", default=[2.5, 7.5], metavar="M", help="CPU minutes each")
    parser.add_argument("--size", default="medium", help="ours: nano, small, medium, standard, large")
    parser.add_argument("--only", choices=("ours", "theirs"), help="one of them alone")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        one(args.only, args.child, args.minutes[0], args.size)
        return 0
    if args.only != "ours" and importlib.util.find_spec("nam") is None:
        print("skipped: needs the package neural-amp-modeler (pip install neural-amp-modeler), or --only ours")
        return 0
    print(
        "| who | network | weights | us a block | CPU minutes | epochs | epochs a minute | ESR plain | ESR pre-emphasised |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for minutes in args.minutes:
        for who in (args.only,) if args.only else ("ours", "theirs"):
            with tempfile.TemporaryDirectory() as folder:
                cut(args.dry, args.wet, Path(folder))
                words = [str(args.dry), str(args.wet), "--child", folder, "--only", who, "--size", args.size]
                done = subprocess.run(
                    [sys.executable, __file__, *words, "--minutes", str(minutes)],
                    cwd=ROOT, stdout=subprocess.PIPE, text=True,
                )  # fmt: skip
            if done.returncode:
                return 1
            f = json.loads(done.stdout.splitlines()[-1])
            played = "-" if f["cost"] is None else f"{f['cost']:.1f}"
            print(
                f"| {who} | {f['network']} | {f['weights']} | {played} | {f['cpu'] / 60:.2f} | {f['epochs']:.1f} | "
                f"{60 * f['epochs'] / f['cpu']:.2f} | {f['plain']:.4f} | {f['bright']:.4f} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
