"""How a network learns: SOAP, warm-up and cosine, an average of the weights, the best epoch kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from rig.train.data import Data
from rig.train.losses import Loss, esr, pre_emphasis
from rig.train.network import WaveNet
from rig.train.optimiser import Soap
from rig.train.settings import Settings

WARM_UP = 0.02  # of the run: the rate climbs
FLOOR = 0.005  # the cosine's end, of the learning rate
AVERAGE = 0.998  # the weights' moving average, a step; what is judged and exported
CLIP_NORM = 1.0
MICRO = 16_384  # frames computed at once, so that a layer stays in the processor's cache


@dataclass(frozen=True)
class Epoch:
    """One line of the history. loss: mean of the epoch; esr, esr_preemphasis: of the held-out audio."""

    number: int
    loss: float
    esr: float
    esr_preemphasis: float
    seconds: float
    rate: float


@dataclass
class State:
    """Everything that the next step depends on; a checkpoint is this and nothing else."""

    network: WaveNet
    average: dict[str, Tensor]
    optimiser: torch.optim.Optimizer
    generator: torch.Generator
    step: int = 0
    seconds: float = 0.0
    rate_scale: float = 1.0
    history: list[Epoch] = field(default_factory=list)
    best: dict[str, Tensor] | None = None
    best_epoch: Epoch | None = None

    def dump(self) -> dict[str, Any]:
        """Plain tensors, numbers and lists, copied."""
        return {
            "network": {k: v.clone() for k, v in self.network.state_dict().items()},
            "average": {k: v.clone() for k, v in self.average.items()},
            "optimiser": _copied(self.optimiser.state_dict()),
            "generator": self.generator.get_state().clone(),
            "step": self.step,
            "seconds": self.seconds,
            "rate_scale": self.rate_scale,
            "history": [vars(e) for e in self.history],
            "best": self.best,
            "best_epoch": vars(self.best_epoch) if self.best_epoch else None,
        }

    def load(self, dump: dict[str, Any]) -> None:
        """The opposite of `dump`."""
        self.network.load_state_dict(dump["network"])
        device = self.network.output.device
        self.average = {k: v.clone().to(device) for k, v in dump["average"].items()}
        self.optimiser.load_state_dict(_copied(dump["optimiser"]))
        self.generator.set_state(dump["generator"].cpu())
        self.step, self.seconds, self.rate_scale = dump["step"], dump["seconds"], dump["rate_scale"]
        self.history = [Epoch(**e) for e in dump["history"]]
        self.best = dump["best"]
        self.best_epoch = Epoch(**dump["best_epoch"]) if dump["best_epoch"] else None


def _copied(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {k: _copied(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_copied(v) for v in value]
    return value


def begin(settings: Settings) -> State:
    """A network as yet untaught."""
    generator = torch.Generator().manual_seed(settings.seed)
    size = settings.size
    network = WaveNet(size.channels, size.dilations, size.kernel_size, generator).to(settings.device)
    optimiser = Soap(network.parameters(), settings.learning_rate)
    average = {k: v.clone() for k, v in network.state_dict().items()}
    return State(network, average, optimiser, generator)


def steps_per_epoch(data: Data, settings: Settings) -> int:
    """As many as hear the whole take once."""
    return max(1, round(data.train_frames / (data.segment * settings.batch_size)))


def share_done(state: State, data: Data, settings: Settings) -> float:
    """0..1: of the epochs or of the minutes, whichever is nearer its end."""
    parts = [state.step / (steps_per_epoch(data, settings) * settings.epochs)] if settings.epochs else []
    parts += [state.seconds / (60 * settings.minutes)] if settings.minutes else []
    return min(max(parts), 1.0)


def learning_rate(settings: Settings, progress: float) -> float:
    """progress 0..1 -> the rate: up during the warm-up, then down half a cosine."""
    climb = min(progress / WARM_UP, 1.0)
    fall = 0.5 + 0.5 * math.cos(math.pi * min(max((progress - WARM_UP) / (1 - WARM_UP), 0.0), 1.0))
    return settings.learning_rate * max(climb, 0.02) * (FLOOR + (1 - FLOOR) * fall)


def take_step(state: State, data: Data, loss: Loss, settings: Settings, rate: float) -> float:
    """One step of the optimiser over `batch_size` segments -> their mean loss."""
    dry, wet = data.batch(settings.batch_size, state.generator)
    dry, wet = dry.to(settings.device), wet.to(settings.device)
    state.optimiser.zero_grad(set_to_none=True)
    total = 0.0
    columns = max(1, MICRO // data.segment) if settings.device == "cpu" else settings.batch_size
    for first in range(0, settings.batch_size, columns):
        part = slice(first, first + columns)
        value = loss(wet[:, part], state.network(dry[:, part])) * (wet[:, part].shape[1] / settings.batch_size)
        value.backward()
        total += float(value.detach())
    torch.nn.utils.clip_grad_norm_(state.network.parameters(), CLIP_NORM)
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    state.optimiser.step()
    state.step += 1
    keep = min(AVERAGE, state.step / (state.step + 9))
    with torch.no_grad():
        for name, value in state.network.state_dict().items():
            state.average[name].lerp_(value, 1 - keep)
    return total


def with_weights(state: State, weights: dict[str, Tensor]) -> WaveNet:
    """A copy of the network that holds `weights`."""
    network = WaveNet(state.network.channels, state.network.dilations, state.network.kernel_size, torch.Generator()).to(
        state.network.output.device
    )
    network.load_state_dict(weights)
    return network


def judge(network: WaveNet, data: Data) -> tuple[float, float]:
    """ESR plain and after pre-emphasis over the held-out slices, in the wet side's own level and offset."""
    device = network.output.device
    targets, predictions, bright_targets, bright_predictions = [], [], [], []
    mean, deviation = data.wet_scale.mean, data.wet_scale.deviation
    for piece in data.slices:
        skip = piece.judged - piece.start
        prediction = network.predict(data.dry[piece.start : piece.end].to(device)).cpu()[skip:] * deviation + mean
        target = data.wet[piece.judged : piece.end] * deviation + mean
        targets.append(target)
        predictions.append(prediction)
        bright_targets.append(pre_emphasis(target))
        bright_predictions.append(pre_emphasis(prediction))
    return esr(torch.cat(targets), torch.cat(predictions)), esr(
        torch.cat(bright_targets), torch.cat(bright_predictions)
    )


def _finish_epoch(state: State, data: Data, loss: float, rate: float) -> Epoch:
    plain, bright = judge(with_weights(state, state.average), data)
    epoch = Epoch(len(state.history) + 1, loss, plain, bright, state.seconds, rate)
    state.history.append(epoch)
    score, best = plain + bright, state.best_epoch
    if math.isfinite(score) and (best is None or score < best.esr + best.esr_preemphasis):
        state.best_epoch, state.best = epoch, {k: v.clone() for k, v in state.average.items()}
    return epoch


def train(
    state: State,
    data: Data,
    settings: Settings,
    stop: Callable[[], bool] = lambda: False,
    after_step: Callable[[float, float], None] = lambda progress, loss: None,
    after_epoch: Callable[[State, Epoch], None] = lambda state, epoch: None,
    say: Callable[[str], None] = lambda line: None,
    clock: Callable[[], float] = time.monotonic,
) -> State:
    """Teach until the epochs or the minutes are over, or `stop()`; the best epoch is in `state.best`.

    An epoch is as many steps as hear the whole take once. Where the loss stops being a number, the state goes back
    to the end of the last epoch and the rate is halved. Stopped before the first epoch's end, what was learnt so far
    is judged.
    """
    loss = Loss.for_take(data.wet)
    steps = steps_per_epoch(data, settings)
    before, good = state.seconds, state.dump()
    since = clock()

    while share_done(state, data, settings) < 1:
        total, count, rate = 0.0, 0, 0.0
        while count < steps and share_done(state, data, settings) < 1 and not stop():
            rate = state.rate_scale * learning_rate(settings, share_done(state, data, settings))
            value = take_step(state, data, loss, settings, rate)
            state.seconds = before + clock() - since
            total, count = total + value, count + 1
            after_step(share_done(state, data, settings), value)
            if not math.isfinite(value):
                break
        if stop() and state.best is not None:
            break
        if count and not (math.isfinite(total) and all(torch.isfinite(p).all() for p in state.network.parameters())):
            seconds, scale = state.seconds, state.rate_scale / 2
            state.load(good)
            state.seconds, state.rate_scale = seconds, scale
            good = {**good, "rate_scale": scale}
            say(f"the loss is no longer a number: back to epoch {len(state.history)}, at half the rate")
            if scale < 1e-4:
                say("it will not learn at any rate: stopping")
                break
            continue
        epoch = _finish_epoch(state, data, total / max(count, 1), rate)
        state.seconds = before + clock() - since
        good = state.dump()
        after_epoch(state, epoch)
        if stop():
            break
    return state
