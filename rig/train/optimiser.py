"""SOAP: Adam in the slowly turning eigenbasis of Shampoo's preconditioners.

Source: N. Vyas et al., "SOAP: Improving and Stabilizing Shampoo using Adam", 2024. With matrices this small its bookkeeping
costs a few per cent of a step, and it needs about half the steps that Adam does.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

TURN_EVERY = 10  # steps between two turns of the basis


def as_matrix(value: Tensor) -> Tensor:
    """A parameter or its gradient as the matrix it acts as: kernels (2, taps, in, out) -> (taps * in, 2 * out)."""
    if value.dim() == 4:
        return value.permute(1, 2, 0, 3).reshape(value.shape[1] * value.shape[2], -1)
    if value.dim() == 1 or min(value.shape[:2]) <= 2:
        return value.reshape(1, -1)
    return value.reshape(value.shape[0], -1)


def from_matrix(matrix: Tensor, like: Tensor) -> Tensor:
    """The opposite of `as_matrix`."""
    if like.dim() == 4:
        halves, taps, rows, columns = like.shape
        return matrix.reshape(taps, rows, halves, columns).permute(2, 0, 1, 3)
    return matrix.reshape(like.shape)


class Soap(torch.optim.Optimizer):
    """betas: of the mean gradient; of its square and of the preconditioners. epsilon: as Adam's."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, betas: tuple[float, float] = (0.95, 0.95), epsilon: float = 1e-8
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "epsilon": epsilon})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    update = self._update(self.state[parameter], as_matrix(parameter.grad), group)
                    parameter.add_(from_matrix(update, parameter), alpha=-group["lr"])

    def _update(self, state: dict, gradient: Tensor, group: dict) -> Tensor:
        first, second = group["betas"]
        turned = gradient.shape[0] > 1
        if not state:
            state.update(count=0, mean=torch.zeros_like(gradient), square=torch.zeros_like(gradient))
            if turned:
                state.update(left=gradient @ gradient.t(), right=gradient.t() @ gradient)
                state.update(left_basis=torch.linalg.eigh(state["left"])[1])
                state.update(right_basis=torch.linalg.eigh(state["right"])[1])
        state["count"] += 1
        mean, square = state["mean"].lerp_(gradient, 1 - first), state["square"]
        if turned:
            left, right = state["left_basis"], state["right_basis"]
            gradient, mean, raw = left.t() @ gradient @ right, left.t() @ mean @ right, gradient
        square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        deviation = (square / (1 - second ** state["count"])).sqrt_().add_(group["epsilon"])
        update = mean / (1 - first ** state["count"]) / deviation
        if turned:
            update = left @ update @ right.t()
            state["left"].lerp_(raw @ raw.t(), 1 - second)
            state["right"].lerp_(raw.t() @ raw, 1 - second)
            if state["count"] % TURN_EVERY == 0:
                self._turn(state)
        return update

    @staticmethod
    def _turn(state: dict) -> None:
        """One step of the power method; the squares move with the directions they belong to."""
        for axis, side in enumerate(("left", "right")):
            matrix, basis = state[side], state[f"{side}_basis"]
            order = (basis * (matrix @ basis)).sum(0).argsort(descending=True)
            state["square"] = state["square"].index_select(axis, order)
            state[f"{side}_basis"] = torch.linalg.qr(matrix @ basis[:, order])[0]
