"""SOAP: Adam in the slowly turning eigenbasis of Shampoo's preconditioners.

Source: N. Vyas et al., "SOAP: Improving and Stabilizing Shampoo using Adam", 2024. With matrices this small its
bookkeeping costs a few per cent of a step, and it needs about half the steps that Adam does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

TURN_EVERY = 10  # steps between two turns of the basis
LARGEST = 3.0  # rates a step: where there has been no gradient, the quotient is rounding noise over rounding noise


def as_matrices(values: Tensor) -> Tensor:
    """n parameters of a shape, (n, ...) -> the matrices they act as.

    Kernels (n, 2, taps, in, out) become (n, taps * in, 2 * out), vectors one row.
    """
    n, shape = values.shape[0], values.shape[1:]
    if len(shape) == 4:
        return values.permute(0, 2, 3, 1, 4).reshape(n, shape[1] * shape[2], -1)
    if len(shape) == 1 or min(shape[:2]) <= 2:
        return values.reshape(n, 1, -1)
    return values.reshape(n, shape[0], -1)


def from_matrices(matrices: Tensor, shape: torch.Size) -> Tensor:
    """The opposite of `as_matrices`: -> (n, *shape)."""
    if len(shape) == 4:
        halves, taps, rows, columns = shape
        return matrices.reshape(-1, taps, rows, halves, columns).permute(0, 3, 1, 2, 4)
    return matrices.reshape(-1, *shape)


def _vectors(decompose: Callable[[Tensor], Sequence[Tensor]], matrices: Tensor, part: int) -> Tensor:
    """One part of a decomposition; on the processor where Apple's GPU has none."""
    where = "cpu" if matrices.device.type == "mps" else matrices.device
    return decompose(matrices.to(where))[part].to(matrices.device)


class Soap(torch.optim.Optimizer):
    """betas: of the mean gradient; of its square and of the preconditioners. epsilon: as Adam's.

    All parameters of one shape are taken together: ten layers cost little more than one. State lies with the first.
    """

    def __init__(
        self, params: Iterable[Tensor], lr: float, betas: tuple[float, float] = (0.95, 0.95), epsilon: float = 1e-8
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "epsilon": epsilon})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # PyTorch's may be given a closure, ours never is
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = {}
            for parameter in group["params"]:
                if parameter.grad is not None:
                    alike.setdefault(parameter.shape, []).append(parameter)
            for shape, parameters in alike.items():
                gradients = as_matrices(torch.stack([p.grad for p in parameters if p.grad is not None]))
                updates = from_matrices(self._update(self.state[parameters[0]], gradients, group), shape)
                torch._foreach_add_(parameters, list(updates.unbind()), alpha=-group["lr"])

    def _update(self, state: dict[str, Any], gradient: Tensor, group: dict[str, Any]) -> Tensor:
        first, second = group["betas"]
        turned = gradient.shape[1] > 1
        if not state:
            state.update(count=0, mean=torch.zeros_like(gradient), square=torch.zeros_like(gradient))
            if turned:
                state.update(left=gradient @ gradient.mT, right=gradient.mT @ gradient)
                state.update(
                    {f"{side}_basis": _vectors(torch.linalg.eigh, state[side], 1) for side in ("left", "right")}
                )
        state["count"] += 1
        mean, square = state["mean"].lerp_(gradient, 1 - first), state["square"]
        if turned:
            left, right = state["left_basis"], state["right_basis"]
            gradient, mean, raw = left.mT @ gradient @ right, left.mT @ mean @ right, gradient
        square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        deviation = (square / (1 - second ** state["count"])).sqrt_().add_(group["epsilon"])
        update = (mean / (1 - first ** state["count"]) / deviation).clamp_(-LARGEST, LARGEST)
        if turned:
            update = left @ update @ right.mT
            state["left"].lerp_(raw @ raw.mT, 1 - second)
            state["right"].lerp_(raw.mT @ raw, 1 - second)
            if state["count"] % TURN_EVERY == 0:
                self._turn(state)
        return update

    @staticmethod
    def _turn(state: dict[str, Any]) -> None:
        """One step of the power method; the squares move with the directions they belong to."""
        for side in ("left", "right"):
            matrix, basis, square = state[side], state[f"{side}_basis"], state["square"]
            order = (basis * (matrix @ basis)).sum(1).argsort(descending=True)
            if side == "left":
                state["square"] = square.gather(1, order[:, :, None].expand_as(square))
            else:
                state["square"] = square.gather(2, order[:, None, :].expand_as(square))
            turned = basis.gather(2, order[:, None, :].expand_as(basis))
            state[f"{side}_basis"] = _vectors(torch.linalg.qr, matrix @ turned, 0)
