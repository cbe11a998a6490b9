"""What a model file becomes: neutral descriptions of networks, the same for every family that stores them.

All arrays are float32, C-contiguous and finite. Weights are (tap, in, out), tap 0 the oldest sample; groups are written
out as zeros. Layers remember zeros before their first sample. How a family lays a network out is told in its module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

ACTIVATIONS: Mapping[str, tuple[str, ...]] = {
    "linear": (),
    "tanh": (),
    "fasttanh": (),
    "sigmoid": (),
    "softsign": (),
    "softsigmoid": (),
    "silu": (),
    "hardswish": (),
    "elu": ("alpha",),
    "clip": ("low", "high", "low_slope", "high_slope"),
}
"""Kinds of activation and their parameters, each one value a channel.

tanh(x); fasttanh(x): Neural Amp Modeler's rational approximation of it; sigmoid(x) = 1 / (1 + e^-x);
softsign(x) = x / (1 + |x|); softsigmoid(x) = (1 + softsign(x)) / 2; silu(x) = x sigmoid(x);
hardswish(x) = x min(max(x + 3, 0), 6) / 6; elu(x) = x where x > 0, else alpha (e^x - 1);
clip(x) = low + low_slope (x - low) below low, high + high_slope (x - high) above high, else x. ReLU is clip with low 0,
low_slope 0 and high infinite; LeakyReLU and PReLU have their slope as low_slope; Hardtanh has both slopes 0.
"""


@dataclass(frozen=True)
class Activation:
    """kind: see ACTIVATIONS. params: (parameters, channels) float32, the only array that may hold infinities."""

    kind: str
    params: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.float32))


def relu(channels: int, slope: float | np.ndarray = 0.0) -> Activation:
    """ReLU, LeakyReLU or PReLU: x above 0, slope x below. slope: one, or (channels,)."""
    params = np.zeros((4, channels), np.float32)
    params[1], params[2], params[3] = np.inf, slope, 1.0
    return Activation("clip", params)


@dataclass(frozen=True)
class Conv:
    """y[t, o] = bias[o] + sum over k, i of weights[k, i, o] x[t - (taps - 1 - k) dilation, i].

    weights: (taps, ins, outs). bias: (outs,), zeros where the file has none.
    """

    weights: np.ndarray
    bias: np.ndarray
    dilation: int = 1

    @property
    def taps(self) -> int:
        """Frames that it hears of each input, `dilation` apart."""
        return self.weights.shape[0]

    @property
    def ins(self) -> int:
        """Channels that it hears."""
        return self.weights.shape[1]

    @property
    def outs(self) -> int:
        """Channels that it makes."""
        return self.weights.shape[2]

    @property
    def reach(self) -> int:
        """Frames of the past that it hears."""
        return (self.taps - 1) * self.dilation


FILMS = (
    "conv_pre",
    "conv_post",
    "mix_in_pre",
    "mix_in_post",
    "activation_pre",
    "activation_post",
    "onward_post",
    "head_post",
)
"""Where a layer may be modulated by the condition."""


@dataclass(frozen=True)
class Film:
    """Feature-wise linear modulation of n rows: x scale + shift, both made of the condition by a 1x1.

    conv: condition -> 2n rows, the scales then the shifts; where shift is False, n rows, the scales.
    """

    conv: Conv
    shift: bool


@dataclass(frozen=True)
class Layer:
    """One layer of a WaveNet. x: (C,) its input, c: the condition, FiLMs left out.

    z = conv(x) + mix_in(c)                          mix_in is 1x1, or None
    a = activation(z)                                 ungated: z has B rows
    a = activation(z1) gate(z2)                       gated: z has 2B rows, z1 the first B
    a = gate(z2) activation(z1) + (1 - gate(z2)) z1   blended
    next layer's input = x + onward(a)                onward is 1x1; where it is None, x + a
    added to the array's head = head(a)               head is 1x1; where it is None, a

    films: by place (see FILMS); conv_pre acts on x on its way into conv only, mix_in_pre on c on its way into mix_in.
    """

    conv: Conv
    activation: Activation
    onward: Conv | None
    gate: Activation | None = None
    blended: bool = False
    mix_in: Conv | None = None
    head: Conv | None = None
    films: Mapping[str, Film] = field(default_factory=dict)


@dataclass(frozen=True)
class LayerArray:
    """Layers of one width. entry: 1x1 into it. head: from the sum of the layers' heads to the array's output.

    The first array's entry takes the network's input, the next ones' the residual of the array before. The sum of heads
    starts from the output of the head before, the first one's from 0.
    """

    entry: Conv
    layers: tuple[Layer, ...]
    head: Conv


@dataclass(frozen=True)
class WaveNet:
    """Dilated causal stacks. Output = scale x the last array's head, then `post`: an activation and a Conv, repeated.

    condition: a network that makes the condition of the network's input; None: the input itself.
    """

    arrays: tuple[LayerArray, ...]
    scale: float = 1.0
    condition: WaveNet | None = None
    post: tuple[tuple[Activation, Conv], ...] = ()

    @property
    def inputs(self) -> int:
        """The guitar, and the knobs."""
        return self.arrays[0].entry.ins

    @property
    def receptive_field(self) -> int:
        """Frames of input that one frame of output depends on, itself included."""
        reach = sum(layer.conv.reach for array in self.arrays for layer in array.layers)
        reach += sum(array.head.reach for array in self.arrays) + sum(conv.reach for _, conv in self.post)
        return reach + (self.condition.receptive_field if self.condition else 1)


@dataclass(frozen=True)
class ConvNet:
    """Convolutions, each with its activation, one after another; then a head. Batch normalisation is folded into them.

    An FIR is a ConvNet with no layers, its response in the head's taps, reversed.
    """

    layers: tuple[tuple[Conv, Activation], ...]
    head: Conv

    @property
    def inputs(self) -> int:
        """The guitar, and the knobs."""
        return (self.layers[0][0] if self.layers else self.head).ins

    @property
    def receptive_field(self) -> int:
        """Frames of input that one frame of output depends on, itself included."""
        return 1 + sum(conv.reach for conv, _ in self.layers) + self.head.reach


@dataclass(frozen=True)
class Lstm:
    """Gates i f c o, each H wide: i, f, o = sigmoid(...), c~ = tanh(...); c = f c + i c~; h = o tanh(c).

    kernel: (ins, 4H), recurrent: (H, 4H), bias: (4H,). hidden, cell: (H,) where the state starts.
    """

    kernel: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray
    hidden: np.ndarray
    cell: np.ndarray


@dataclass(frozen=True)
class Gru:
    """Gates z r n, each H wide, the reset gate behind the recurrent product:

    z, r = sigmoid(kernel x + recurrent h + biases); n = tanh(kernel x + bias + r (recurrent h + recurrent_bias));
    h = z h + (1 - z) n.

    kernel: (ins, 3H), recurrent: (H, 3H), bias, recurrent_bias: (3H,). hidden: (H,) where the state starts.
    """

    kernel: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray
    recurrent_bias: np.ndarray
    hidden: np.ndarray


@dataclass(frozen=True)
class RecurrentNet:
    """Layers one after another, sample by sample: recurrent ones, dense ones (a Conv of one tap) and convolutions, each
    Conv with the activation that follows it.

    y = output_gain (the last layer's output + skip x), x being the guitar times input_gain. Gains are linear.
    """

    layers: tuple[Lstm | Gru | tuple[Conv, Activation], ...]
    skip: float = 0.0
    input_gain: float = 1.0
    output_gain: float = 1.0

    @property
    def cells(self) -> tuple[Lstm | Gru, ...]:
        """Its recurrent layers."""
        return tuple(layer for layer in self.layers if not isinstance(layer, tuple))

    @property
    def convs(self) -> tuple[Conv, ...]:
        """Those of its other layers."""
        return tuple(layer[0] for layer in self.layers if isinstance(layer, tuple))

    @property
    def inputs(self) -> int:
        """The guitar, and the knobs."""
        first = self.layers[0]
        return first[0].ins if isinstance(first, tuple) else first.kernel.shape[0]


Network = WaveNet | ConvNet | RecurrentNet
"""One output each; the guitar is the first input, knobs follow."""


def macs(network: Network) -> int:
    """Multiply-adds that one frame nominally takes: every weight once, groups as if they were dense, biases none."""
    if isinstance(network, WaveNet):
        layers = [layer for array in network.arrays for layer in array.layers]
        convs = [conv for la in layers for conv in (la.conv, la.mix_in, la.onward, la.head) if conv]
        convs += [film.conv for layer in layers for film in layer.films.values()]
        convs += [conv for array in network.arrays for conv in (array.entry, array.head)]
        convs += [conv for _, conv in network.post]
        inner = macs(network.condition) if network.condition else 0
        return inner + sum(conv.weights.size for conv in convs)
    if isinstance(network, ConvNet):
        return network.head.weights.size + sum(conv.weights.size for conv, _ in network.layers)
    return sum(
        layer[0].weights.size if isinstance(layer, tuple) else layer.kernel.size + layer.recurrent.size
        for layer in network.layers
    )
