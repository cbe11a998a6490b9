"""Make the shipped models again: captures, training, and their score on a performance they never heard.

    python presets/recipes/models.py [NAME ...] [--share 0.1] [--jobs 1]

Everything on the way lies under captures/. A model comes to presets/models/ with two scores:
`esr` and `esr_preemphasis` over the unseen performance, played by the C engine; `held_out` is what training judged its
epochs by.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import captures
import numpy as np
import soundfile as sf

ROOT = captures.ROOT
MODELS = ROOT / "presets" / "models"
WORK = captures.CAPTURES / "models"


@dataclass(frozen=True)
class Recipe:
    """name: of the model. size: as `rig train --size`. epochs, not minutes: the same machine makes the same file.

    device: whose capture it learns from, where that is not its own name.
    """

    name: str
    size: str
    epochs: int
    device: str = ""

    @property
    def capture(self) -> str:
        return self.device or self.name


RECIPES = (
    Recipe("stack-lead", "standard", 48),
    Recipe("small-combo-crunch", "standard", 18),
    Recipe("small-combo-clean", "standard", 12),
    Recipe("class-a-edge", "small", 18),
    Recipe("green-drive", "small", 16),
    Recipe("studio-clean", "small", 14),
    Recipe("studio-nano", "nano", 8, device="studio-clean"),
)


def train(recipe: Recipe, share: float) -> Path:
    """Run `rig train` -> the model it wrote."""
    WORK.mkdir(parents=True, exist_ok=True)
    target = WORK / f"{recipe.name}.json"
    sides = [str(captures.CAPTURES / f"{name}.wav") for name in ("dry", recipe.capture)]
    options = [
        "--size",
        recipe.size,
        "--epochs",
        str(max(1, round(recipe.epochs * share))),
        "-o",
        str(target),
        "--force",
    ]
    command = [sys.executable, "-c", "import sys; from rig.cli import main; sys.exit(main())", "train"]
    with (WORK / f"{recipe.name}.log").open("w") as log:
        done = subprocess.run([*command, *sides, *options], cwd=ROOT, stderr=log)
    if done.returncode:
        raise SystemExit(f"{recipe.name}: training failed, see {WORK / recipe.name}.log")
    return target


def unseen_scores(model: Path, capture: str) -> tuple[float, float]:
    """ESR plain and pre-emphasised of the C engine's sound on the unseen performance."""
    from rig.models.formats import load_model
    from rig.models.player import run
    from rig.train.losses import PRE_EMPHASIS

    dry, _ = sf.read(captures.CAPTURES / "dry-unseen.wav", dtype="float32")
    wet, _ = sf.read(captures.CAPTURES / f"{capture}-unseen.wav", dtype="float64")
    error = wet - run(load_model(model), dry)

    def bright(x: np.ndarray) -> np.ndarray:
        return x[1:] - PRE_EMPHASIS * x[:-1]

    return float(np.sum(error**2) / np.sum(wet**2)), float(np.sum(bright(error) ** 2) / np.sum(bright(wet) ** 2))


def ship(recipe: Recipe, trained: Path) -> None:
    """Bring a trained model to presets/models, its scores those of the unseen performance."""
    from rig.files import write
    from rig.models.convert import guitarml_text

    content = json.loads(trained.read_text())
    if content["settings"]["delay"]:
        raise SystemExit(f"{recipe.name}: the simulation has a delay; its scores would compare the wrong moments")
    plain, bright = unseen_scores(trained, recipe.capture)
    held_out = {"esr": content["esr"], "esr_preemphasis": content["esr_preemphasis"]}
    content |= {"esr": round(plain, 6), "esr_preemphasis": round(bright, 6), "held_out": held_out}
    MODELS.mkdir(exist_ok=True)
    write(MODELS / trained.name, guitarml_text(content))
    seconds = content["settings"]["seconds"]
    print(
        f"| {recipe.name} | {recipe.size} | {plain:.4f} | {bright:.4f} | {content['loudness']} dB | {seconds:.0f} s |"
    )


def main() -> None:
    """Make the models named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(r.name for r in RECIPES))
    parser.add_argument("--share", type=float, default=1.0, help="of each recipe's epochs (default: 1)")
    parser.add_argument("--jobs", type=int, default=1, help="models trained at once, a thread each (default: 1)")
    args = parser.parse_args()
    unknown = set(args.names) - {r.name for r in RECIPES}
    if unknown:
        parser.error(f"no recipe '{min(unknown)}'")
    chosen = [r for r in RECIPES if not args.names or r.name in args.names]
    captures.main([r.capture for r in chosen])

    def make(recipe: Recipe) -> None:
        ship(recipe, train(recipe, args.share))

    with ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(make, chosen))


if __name__ == "__main__":
    main()
