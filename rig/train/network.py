"""The network: a gated causal WaveNet of the GuitarML family, laid out so that a CPU trains it fast.

Signals lie frames first: (frames * batch, channels), the frames of a batch interleaved. A tap of a dilated convolution
is then a plain matrix product on a contiguous slice: no unfolding, no copies (PyTorch's conv1d with 16 channels runs at
a tenth of what the processor can do). On a CPU, all of it goes through C.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from rig.train import kernels


class LayerContext(Protocol):
    """What PyTorch keeps of a layer between the way there and the way back. stride: see GatedLayer."""

    stride: int
    saved_tensors: tuple[Tensor, ...]

    def save_for_backward(self, *tensors: Tensor) -> None: ...


class StackContext(Protocol):
    """The same of a stack."""

    kept: kernels.Kept


class GatedLayer(torch.autograd.Function):
    """x (rows, C) -> (residual (rows - shift, C), skip (rows - shift, 1)), shift = (taps - 1) * stride.

    kernel: (2, taps, C, C), the tanh half then the sigmoid half, each (tap, in, out), tap 0 the oldest; bias: (2, C);
    mix: (C, C) in -> out; mix_bias: (C,); output: (C, 1), this layer's share of the mix of all skips.
    stride: rows between taps, the dilation times the batch.
    """

    @staticmethod
    def forward(
        ctx: LayerContext, x: Tensor, kernel: Tensor, bias: Tensor, mix: Tensor, mix_bias: Tensor, output: Tensor,
        stride: int,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        ctx.stride, weights = stride, (kernel, bias, mix, mix_bias, output)
        residual, skip, *kept = _forward(x, *weights, stride)
        ctx.save_for_backward(x, *weights, *kept)
        return residual, skip

    @staticmethod
    def backward(ctx: LayerContext, d_residual: Tensor, d_skip: Tensor) -> tuple[Tensor | None, ...]:
        x, kernel, bias, mix, mix_bias, output, filtered, gate = ctx.saved_tensors
        weights = kernel, bias, mix, mix_bias, output
        return *_backward(x, *weights, filtered, gate, d_residual, d_skip, ctx.stride), None


class Stack(torch.autograd.Function):
    """The input and all layers at once, in C: x (rows, inputs) -> the sum of the layers' skips, (wanted, 1).

    Must agree with GatedLayer.
    """

    @staticmethod
    def forward(ctx: StackContext, x: Tensor, plan: kernels.Plan, *weights: Tensor) -> Tensor:
        out, ctx.kept = kernels.forward(plan, x, weights)
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: StackContext, d_out: Tensor) -> tuple[Tensor | None, ...]:
        return None, None, *kernels.backward(ctx.kept, d_out)


def _forward(
    x: Tensor, kernel: Tensor, bias: Tensor, mix: Tensor, mix_bias: Tensor, output: Tensor, stride: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    taps = kernel.shape[1]
    rows = x.shape[0] - (taps - 1) * stride
    halves = []
    for half in range(2):
        z = torch.addmm(bias[half], x[:rows], kernel[half, 0])
        for tap in range(1, taps):
            z.addmm_(x[tap * stride : tap * stride + rows], kernel[half, tap])
        halves.append(z)
    filtered, gate = halves[0].tanh_(), halves[1].sigmoid_()
    activation = filtered * gate
    residual = torch.addmm(x[x.shape[0] - rows :], activation, mix).add_(mix_bias)
    return residual, activation @ output, filtered, gate


def _backward(
    x: Tensor, kernel: Tensor, bias: Tensor, mix: Tensor, mix_bias: Tensor, output: Tensor,
    filtered: Tensor, gate: Tensor, d_residual: Tensor, d_skip: Tensor, stride: int,
) -> tuple[Tensor, ...]:  # fmt: skip
    """The chain rule, written out: autograd would keep and copy three times as much."""
    taps, rows = kernel.shape[1], filtered.shape[0]
    activation = filtered * gate
    d = torch.addmm(d_skip @ output.t(), d_residual, mix.t())
    # tanh' = 1 - filtered^2 and sigmoid' = gate (1 - gate), each times the other factor of the product.
    d_halves = (
        torch.addcmul(gate, filtered, activation, value=-1).mul_(d),
        torch.addcmul(activation, activation, gate, value=-1).mul_(d),
    )
    d_x, d_kernel = torch.zeros_like(x), torch.empty_like(kernel)
    d_x[x.shape[0] - rows :] = d_residual
    for half, d_z in enumerate(d_halves):
        for tap in range(taps):
            past = slice(tap * stride, tap * stride + rows)
            torch.mm(x[past].t(), d_z, out=d_kernel[half, tap])
            d_x[past].addmm_(d_z, kernel[half, tap].t())
    d_bias = torch.stack([d_z.sum(0) for d_z in d_halves])
    return d_x, d_kernel, d_bias, activation.t() @ d_residual, d_residual.sum(0), activation.t() @ d_skip


class WaveNet(nn.Module):
    """The guitar, and with 2 inputs a knob beside it, in; mono out. Weights in the file's order: (tap, in, out)."""

    def __init__(
        self, channels: int, dilations: Sequence[int], kernel_size: int, generator: torch.Generator, inputs: int = 1
    ) -> None:
        super().__init__()
        self.channels, self.dilations, self.kernel_size = channels, tuple(dilations), kernel_size
        self.inputs = inputs

        def spread(*shape: int, fan_in: int, gain: float = 1.0) -> nn.Parameter:
            return nn.Parameter(torch.randn(*shape, generator=generator) * gain / fan_in**0.5)

        self.input = spread(inputs, channels, fan_in=1, gain=0.5)
        self.input_bias = nn.Parameter(torch.zeros(channels))
        layers = range(len(self.dilations))
        taps = kernel_size
        self.kernel = nn.ParameterList(spread(2, taps, channels, channels, fan_in=taps * channels) for _ in layers)
        self.bias = nn.ParameterList(nn.Parameter(torch.zeros(2, channels)) for _ in layers)
        self.mix = nn.ParameterList(spread(channels, channels, fan_in=channels, gain=0.7) for _ in layers)
        self.mix_bias = nn.ParameterList(nn.Parameter(torch.zeros(channels)) for _ in layers)
        self.output = spread(len(layers), channels, 1, fan_in=channels * len(layers), gain=0.5)
        self.output_bias = nn.Parameter(torch.zeros(1))

    @property
    def receptive_field(self) -> int:
        """Frames of input that one frame of output depends on, itself included."""
        return 1 + (self.kernel_size - 1) * sum(self.dilations)

    @property
    def layers(self) -> list[kernels.Weights]:
        """Each layer's weights, in the order of `GatedLayer`."""
        return list(zip(self.kernel, self.bias, self.mix, self.mix_bias, self.output, strict=True))

    def forward(self, x: Tensor, from_rest: bool = False) -> Tensor:
        """x (frames, batch, inputs) -> (frames - receptive_field + 1, batch): only what has its whole past.

        With one input, x may be (frames, batch).

        from_rest: every convolution's history is zero, as when a player starts, and all frames come out.
        """
        frames, batch = x.shape[:2]
        wanted = frames if from_rest else frames - self.receptive_field + 1
        x, strides, layers = x.reshape(-1, self.inputs), tuple(d * batch for d in self.dilations), self.layers
        plan = kernels.Plan(
            self.inputs, self.channels, self.kernel_size, strides, len(x), wanted * batch, from_rest,
            torch.is_grad_enabled(),
        )  # fmt: skip
        weights = [self.input, self.input_bias, *(w for layer in layers for w in layer)]
        if kernels.suits(plan, x, weights):
            return (self.output_bias + Stack.apply(x, plan, *weights)).view(wanted, batch)
        h, out = torch.addmm(self.input_bias, x, self.input), self.output_bias
        for stride, layer in zip(strides, layers, strict=True):
            h = nn.functional.pad(h, (0, 0, (self.kernel_size - 1) * stride, 0)) if from_rest else h
            h, skip = GatedLayer.apply(h, *layer, stride)
            out = out + skip[-wanted * batch :]
        return out.view(wanted, batch)

    @torch.no_grad()
    def predict(self, x: Tensor, block: int = 32_768) -> Tensor:
        """x (frames,) or (frames, inputs) -> (frames,), from rest, a block at a time so that memory stays small."""
        past = self.receptive_field - 1
        out = [self(x[: block + past, None], from_rest=True)[:, 0]]
        for start in range(block + past, len(x), block):
            out.append(self(x[start - past : start + block, None])[:, 0])
        return torch.cat(out)
