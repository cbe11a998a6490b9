"""What a network sounds like: every kind of network in plain float64 numpy, written to be read next to `rig.models.formats.network`.

Nothing is folded, fused or clever. Every fast path is held to this, and this to the outputs of other implementations.
"""

from __future__ import annotations

import numpy as np

from rig.models.formats.network import (
    Activation,
    Conv,
    ConvNet,
    Film,
    Gru,
    Layer,
    LayerArray,
    Lstm,
    Network,
    RecurrentNet,
    WaveNet,
)


def forward(network: Network, x: np.ndarray, silence: int = 0) -> np.ndarray:
    """The output, (frames,) or (frames, outputs) where there are several.

    x: (frames,) or (frames, inputs): the guitar, then the knobs. silence: frames that the network has heard before, the
    guitar at rest and the knobs as in the first frame. Before that there is nothing: every layer remembers zeros.
    """
    x = np.asarray(x, np.float64)
    x = x[:, None] if x.ndim == 1 else x
    rest = np.repeat(x[:1], silence, axis=0)
    rest[:, 0] = 0.0
    kind = {WaveNet: _wavenet, ConvNet: _convnet, RecurrentNet: _sequence}[type(network)]
    y = kind(network, np.concatenate([rest, x]))[silence:]
    return y[:, 0] if y.shape[1] == 1 else y


def conv(layer: Conv, x: np.ndarray) -> np.ndarray:
    """(frames, ins) -> (frames, outs), zeros before the first frame."""
    y = np.tile(layer.bias.astype(np.float64), (len(x), 1))
    for k in range(layer.taps):
        late = (layer.taps - 1 - k) * layer.dilation
        if late < len(x):
            y[late:] += x[: len(x) - late] @ layer.weights[k].astype(np.float64)
    return y


def activate(activation: Activation, x: np.ndarray) -> np.ndarray:
    """(frames, channels), each channel with its own parameters."""
    params = activation.params.astype(np.float64)
    match activation.kind:
        case "linear":
            return x
        case "tanh":
            return np.tanh(x)
        case "fasttanh":
            return _fasttanh(x)
        case "sigmoid":
            return sigmoid(x)
        case "softsign":
            return x / (1 + np.abs(x))
        case "softsigmoid":
            return 0.5 * (1 + x / (1 + np.abs(x)))
        case "silu":
            return x * sigmoid(x)
        case "hardswish":
            return x * np.clip(x + 3, 0, 6) / 6
        case "elu":
            return np.where(x > 0, x, params[0] * np.expm1(np.minimum(x, 0)))
        case "clip":
            low, high, low_slope, high_slope = params
            above = np.where(x > high, high + high_slope * (x - np.where(np.isinf(high), 0, high)), x)
            return np.where(x < low, low + low_slope * (x - low), above)
    raise AssertionError(activation.kind)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * x))


def _fasttanh(x: np.ndarray) -> np.ndarray:
    """Neural Amp Modeler's, NAM/activations.h."""
    size = np.abs(x)
    over = x * (2.45550750702956 + 2.45550750702956 * size + (0.893229853513558 + 0.821226666969744 * size) * x * x)
    under = 2.44506634652299 + (2.44506634652299 + x * x) * np.abs(x + 0.814642734961073 * x * size)
    return over / under


def _wavenet(network: WaveNet, x: np.ndarray) -> np.ndarray:
    condition = x if network.condition is None else _wavenet(network.condition, x)
    heads = np.zeros((len(x), 1))
    for array in network.arrays:
        x, heads = _array(array, x, condition, heads)
    y = network.scale * heads
    for activation, layer in network.post:
        y = conv(layer, activate(activation, y))
    return y


def _array(array: LayerArray, x: np.ndarray, condition: np.ndarray, heads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x = conv(array.entry, x)
    for layer in array.layers:
        x, head = _layer(layer, x, condition)
        heads = heads + head
    return x, conv(array.head, heads)


def _layer(layer: Layer, x: np.ndarray, condition: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The next layer's input and what is added to the array's head."""

    def film(place: str, signal: np.ndarray) -> np.ndarray:
        return _film(layer.films[place], signal, condition) if place in layer.films else signal

    z = film("conv_post", conv(layer.conv, film("conv_pre", x)))
    if layer.mix_in:
        z = z + film("mix_in_post", conv(layer.mix_in, film("mix_in_pre", condition)))
    z = film("activation_pre", z)
    if layer.gate:
        signal, gate = np.split(z, 2, axis=1)
        opening = activate(layer.gate, gate)
        a = activate(layer.activation, signal) * opening
        if layer.blended:
            a = a + (1 - opening) * signal
    else:
        a = activate(layer.activation, z)
    a = film("activation_post", a)
    onward = film("onward_post", conv(layer.onward, a)) if layer.onward else a
    head = film("head_post", conv(layer.head, a)) if layer.head else a
    return x + onward, head


def _film(film: Film, x: np.ndarray, condition: np.ndarray) -> np.ndarray:
    rows = conv(film.conv, condition)
    if not film.shift:
        return x * rows
    scale, shift = np.split(rows, 2, axis=1)
    return x * scale + shift


def _convnet(network: ConvNet, x: np.ndarray) -> np.ndarray:
    for layer, activation in network.layers:
        x = activate(activation, conv(layer, x))
    return conv(network.head, x)


def _sequence(network: RecurrentNet, x: np.ndarray) -> np.ndarray:
    guitar = x[:, :1] * network.input_gain
    y = np.concatenate([guitar, x[:, 1:]], axis=1)
    for layer in network.layers:
        if isinstance(layer, Lstm):
            y = _lstm(layer, y)
        elif isinstance(layer, Gru):
            y = _gru(layer, y)
        else:
            y = activate(layer[1], conv(layer[0], y))
    return network.output_gain * (y + network.skip * guitar)


def _lstm(layer: Lstm, x: np.ndarray) -> np.ndarray:
    hidden, cell = layer.hidden.astype(np.float64), layer.cell.astype(np.float64)
    recurrent, size = layer.recurrent.astype(np.float64), len(hidden)
    driven = x @ layer.kernel.astype(np.float64) + layer.bias
    y = np.empty((len(x), size))
    for t, drive in enumerate(driven):
        i, f, c, o = (drive + hidden @ recurrent).reshape(4, size)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(c)
        hidden = y[t] = sigmoid(o) * np.tanh(cell)
    return y


def smartamppro(file: dict, x: np.ndarray) -> np.ndarray:
    """A SmartAmpPro file as Keras trains it: for each sample its window through both convolutions, then the LSTM from zeros."""

    def strided(name: str, x: np.ndarray) -> np.ndarray:
        kernel, bias = np.array(file[name]["kernel:0"]), np.array(file[name]["bias:0"])
        taps = len(kernel)
        stride = int(file.get(f"{name}_stride", taps))
        count = -(-len(x) // stride)
        zeros = max(0, (count - 1) * stride + taps - len(x))
        x = np.pad(x, ((zeros // 2, zeros - zeros // 2), (0, 0)))
        return np.stack(
            [np.einsum("ki,kio->o", x[i * stride : i * stride + taps], kernel) + bias for i in range(count)]
        )

    window, lstm, dense = int(file["input_size"]), file["lstm"], file["dense"]
    kernel, bias = np.array(lstm["kernel:0"]), np.array(lstm["bias:0"])
    size = len(bias) // 4
    recurrent = np.array(lstm.get("recurrent_kernel:0", np.zeros((size, 4 * size))))
    x = np.concatenate([np.zeros(window - 1), np.asarray(x, np.float64)])
    y = np.empty(len(x) - window + 1)
    for t in range(len(y)):
        hidden = cell = np.zeros(size)
        for heard in strided("conv1d_1", strided("conv1d", x[t : t + window, None])):
            i, f, c, o = (heard @ kernel + hidden @ recurrent + bias).reshape(4, size)
            cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(c)
            hidden = sigmoid(o) * np.tanh(cell)
        y[t] = (hidden @ np.array(dense["kernel:0"]) + np.array(dense["bias:0"]))[0]
    return y


def _gru(layer: Gru, x: np.ndarray) -> np.ndarray:
    hidden, size = layer.hidden.astype(np.float64), len(layer.hidden)
    recurrent, bias = layer.recurrent.astype(np.float64), layer.recurrent_bias.astype(np.float64)
    driven = x @ layer.kernel.astype(np.float64) + layer.bias
    y = np.empty((len(x), size))
    for t, drive in enumerate(driven):
        back = hidden @ recurrent + bias
        z, r = sigmoid(drive[: 2 * size] + back[: 2 * size]).reshape(2, size)
        n = np.tanh(drive[2 * size :] + r * back[2 * size :])
        hidden = y[t] = z * hidden + (1 - z) * n
    return y
