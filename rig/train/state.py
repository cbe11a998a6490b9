"""Where a training run stands: the network, its average, the optimiser, the generator, the history."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from rig.train.network import WaveNet
from rig.train.optimiser import Soap
from rig.train.settings import Settings

Dump = dict[str, Any]
"""A state as a checkpoint holds it: tensors, numbers and lists by name."""

NUMBERS = ("step", "seconds", "rate_scale", "recent", "usual")


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
    """Everything that the next step depends on; a checkpoint is this and nothing else.

    seconds: of training so far, pauses left out. rate_scale: what rollbacks left of the learning rate.
    recent, usual: the loss's mean over a few steps and over many.
    """

    network: WaveNet
    average: dict[str, Tensor]
    optimiser: torch.optim.Optimizer
    generator: torch.Generator
    step: int = 0
    seconds: float = 0.0
    rate_scale: float = 1.0
    recent: float = 0.0
    usual: float = 0.0
    history: list[Epoch] = field(default_factory=list)
    best: dict[str, Tensor] | None = None
    best_epoch: Epoch | None = None

    def dump(self) -> Dump:
        """Plain tensors, numbers and lists, copied."""
        return {
            **{name: getattr(self, name) for name in NUMBERS},
            "network": _copied(self.network.state_dict()),
            "average": _copied(self.average),
            "optimiser": _copied(self.optimiser.state_dict()),
            "generator": self.generator.get_state().clone(),
            "history": [vars(e) for e in self.history],
            "best": self.best,
            "best_epoch": vars(self.best_epoch) if self.best_epoch else None,
        }

    def load(self, dump: Dump) -> None:
        """The opposite of `dump`."""
        self.network.load_state_dict(dump["network"])
        device = self.network.output.device
        self.average = {k: v.clone().to(device) for k, v in dump["average"].items()}
        self.optimiser.load_state_dict(_copied(dump["optimiser"]))
        self.generator.set_state(dump["generator"].cpu())
        for name in NUMBERS:
            setattr(self, name, dump[name])
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
    network = WaveNet(size.channels, size.dilations, size.kernel_size, generator, settings.inputs)
    network = network.to(settings.device)
    optimiser = Soap(network.parameters(), settings.learning_rate)
    return State(network, _copied(network.state_dict()), optimiser, generator)


def with_weights(state: State, weights: dict[str, Tensor]) -> WaveNet:
    """A copy of the network that holds `weights`."""
    was = state.network
    network = WaveNet(was.channels, was.dilations, was.kernel_size, torch.Generator(), was.inputs)
    network.load_state_dict(weights)
    return network.to(was.output.device)
