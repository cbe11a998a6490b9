"""A feed-forward network as steps on buffers of rows: what csrc/program.h reads.

All that is linear is multiplied out here, in double: the 1x1 into a network goes into its first convolution, the heads of all
layers into one dot product each, one array's end and the next one's beginning into one 1x1, the factors that the kernels'
activations expect into the weights before them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rig.formats.network import Activation, Conv, ConvNet, Film, Layer, LayerArray, WaveNet

# The numbers of csrc/program.h and csrc/kernels/kernels.h, in their order.
CONV, ACTIVATE, BEND, SCALE, FADE, ADD, FILL = range(7)
NO_HEAD, DOT, SUM = range(3)
LINEAR, TANH, SIGMOID, SOFTSIGN, LEAKY, GATED, SOFTGATED = range(7)
CURVES = ("tanh", "fasttanh", "sigmoid", "softsign", "softsigmoid", "silu", "hardswish", "elu", "clip")
NONE = -1
INPUT = 0  # the buffer

LOG2E = 1.4426950408889634
PLAIN = {"linear": LINEAR, "tanh": TANH, "sigmoid": SIGMOID, "softsign": SOFTSIGN}
PAIRS = {("tanh", "sigmoid"): GATED, ("softsign", "softsign"): SOFTGATED}
FACTORS = {TANH: (2 * LOG2E, 2 * LOG2E), SIGMOID: (-LOG2E, -LOG2E), GATED: (2 * LOG2E, -LOG2E)}
"""By which the kernels expect the two halves of an activation's input to be multiplied."""


@dataclass(frozen=True)
class Program:
    """ints and arrays (float32) as csrc/program.h lists them."""

    ints: tuple[int, ...]
    arrays: tuple[np.ndarray, ...]


def compile(network: WaveNet | ConvNet, stretch: int = 1) -> Program:
    """The steps that play a network. stretch: frames at the rate it runs at for each frame of its own rate."""
    steps = _Steps(network.inputs, ones=isinstance(network, WaveNet) and _biased(network), stretch=stretch)
    output = _conv_net(steps, network) if isinstance(network, ConvNet) else _WaveNetWriter(steps, network).write()
    return steps.program(output, (network.receptive_field - 1) * stretch)


@dataclass(frozen=True)
class _Rows:
    """Rows that are a linear function of a buffer's and need not be written down: matrix^T x (the buffer's rows).

    matrix: (the buffer's rows, our rows); None: the buffer's rows as they are.
    """

    buffer: int
    matrix: np.ndarray | None = None

    def through(self, weights: np.ndarray) -> np.ndarray:
        """Weights on the buffer's rows that do what `weights`, (..., our rows, outs), do on ours."""
        return weights if self.matrix is None else self.matrix @ weights


class _Steps:
    """The buffers and steps of a program as they are written.

    inputs: signals that come from outside. ones: there is a row of ones behind them, through which biases pass that must
    not be heard before the first frame.
    """

    def __init__(self, inputs: int, ones: bool, stretch: int) -> None:
        self.inputs, self.ones, self.stretch = inputs, ones, stretch
        self.rows, self.lookback = [inputs + ones], [0]
        self.fields: list[tuple[int, ...]] = []
        self.arrays: list[np.ndarray] = []

    def program(self, output: int, memory: int) -> Program:
        ints = [memory, self.inputs, int(self.ones), output, len(self.rows), len(self.fields)]
        ints += (number for pair in zip(self.rows, self.lookback, strict=True) for number in pair)
        ints += (number for step in self.fields for number in step)
        return Program(tuple(map(int, ints)), tuple(np.ascontiguousarray(a, np.float32) for a in self.arrays))

    @property
    def raw(self) -> _Rows:
        """The input without the row of ones."""
        return _Rows(INPUT, np.eye(self.inputs + 1, self.inputs) if self.ones else None)

    def buffer(self, rows: int) -> int:
        """A new one. It keeps as much of its past as convolutions will ask of it."""
        self.rows.append(rows)
        self.lookback.append(0)
        return len(self.rows) - 1

    def step(
        self, kind: int, to: int, rows: int, *arrays: np.ndarray, to_row: int = 0, source: int = NONE, from_row: int = 0,
        ins: int = 0, extra: int = NONE, extra_row: int = 0, extras: int = 0, add: int = NONE, taps: int = 1, dilation: int = 1,
        activation: int = 0, head: int = NONE, how: int = 0,
    ) -> None:  # fmt: skip
        place = (kind, to, to_row, rows, source, from_row, ins, extra, extra_row, extras, add)
        self.fields.append((*place, taps, dilation, activation, head, how))
        self.arrays += arrays

    def conv(
        self, to: int, kernel: np.ndarray, bias: np.ndarray, source: _Rows, dilation: int = 1, extra: _Rows | None = None,
        extra_weights: np.ndarray | None = None, add: int = NONE,
    ) -> None:  # fmt: skip
        """kernel: (taps, rows of source, outs). extra_weights: (rows of extra, outs). add: a buffer of outs rows."""
        kernel = source.through(kernel)
        taps, ins, outs = kernel.shape
        dilation = dilation * self.stretch if taps > 1 else 1
        self.lookback[source.buffer] = max(self.lookback[source.buffer], (taps - 1) * dilation)
        weights, extras = kernel.reshape(taps * ins, outs), np.empty((0, outs))
        if extra:
            extras = extra.through(extra_weights)
        if extra and extra.buffer == source.buffer:  # what is heard of it now is heard by the last tap as well
            weights, extra, extras = (
                np.concatenate([weights[:-ins], weights[-ins:] + extras]),
                None,
                np.empty((0, outs)),
            )
        self.step(
            CONV, to, outs, np.concatenate([weights, extras]), bias, source=source.buffer, ins=ins, taps=taps,
            extra=extra.buffer if extra else NONE, extras=len(extras), add=add, dilation=dilation,
        )  # fmt: skip

    def bend(self, to: int, activation: Activation, rows: int, to_row: int = 0) -> None:
        if activation.kind != "linear":
            curve = CURVES.index(activation.kind)
            self.step(BEND, to, rows, np.asarray(activation.params), to_row=to_row, activation=curve)

    def activate(
        self, to: int, fast: int, activation: Activation, rows: int, head: int = NONE, how: int = NO_HEAD,
        dot: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        if fast == LINEAR and how == NO_HEAD:
            return
        slopes = activation.params[2] if fast == LEAKY else np.empty(0)
        self.step(ACTIVATE, to, rows, slopes, np.empty(0) if dot is None else dot, activation=fast, head=head, how=how)


def _kernel(conv: Conv) -> np.ndarray:
    """(taps, ins, outs) in double."""
    return np.asarray(conv.weights, np.float64)


def _matrix(conv: Conv) -> np.ndarray:
    """(ins, outs) of a 1x1, in double."""
    return np.asarray(conv.weights[0], np.float64)


def _bias(conv: Conv) -> np.ndarray:
    return np.asarray(conv.bias, np.float64)


def _fast(activation: Activation, gate: Activation | None = None, blended: bool = False) -> int | None:
    """The kernels' own activation that does it, or None."""
    if gate:
        return None if blended else PAIRS.get((activation.kind, gate.kind))
    if activation.kind == "clip":
        low, high, slope, _ = activation.params
        leaky = not low.any() and np.isposinf(high).all() and (slope <= 1.0).all()
        return LEAKY if leaky else None
    return PLAIN.get(activation.kind)


def _factors(fast: int | None, outs: int) -> np.ndarray:
    """(outs,): what the weights that lead to an activation are multiplied by."""
    first, second = FACTORS.get(fast, (1.0, 1.0))
    return np.where(np.arange(outs) < (outs + 1) // 2, first, second)


def _conv_net(steps: _Steps, network: ConvNet) -> int:
    at = _Rows(INPUT)
    for conv, activation in network.layers:
        to, fast = steps.buffer(conv.outs), _fast(activation)
        factors = _factors(fast, conv.outs)
        steps.conv(to, _kernel(conv) * factors, _bias(conv) * factors, at, conv.dilation)
        if fast is None:
            steps.bend(to, activation, conv.outs)
        else:
            steps.activate(to, fast, activation, conv.outs)
        at = _Rows(to)
    out = steps.buffer(network.head.outs)
    steps.conv(out, _kernel(network.head), _bias(network.head), at, network.head.dilation)
    return out


def _biased(network: WaveNet) -> bool:
    """Whether a bias comes with the 1x1 into it, or into the network of its condition."""
    return bool(network.arrays[0].entry.bias.any()) or (network.condition is not None and _biased(network.condition))


class _WaveNetWriter:
    """Writes a WaveNet's steps. Buffers in `blocks` hold what no convolution asks the past of; all layers share them."""

    def __init__(self, steps: _Steps, network: WaveNet) -> None:
        self.steps, self.network = steps, network
        self.blocks: dict[str, int] = {}
        self.condition = steps.raw
        if network.condition:
            self.condition = _Rows(_WaveNetWriter(steps, network.condition).write())

    def block(self, name: str, rows: int) -> int:
        if name not in self.blocks:
            self.blocks[name] = self.steps.buffer(rows)
        index = self.blocks[name]
        self.steps.rows[index] = max(rows, self.steps.rows[index])
        return index

    def write(self) -> int:
        """Returns the buffer of the output."""
        arrays = self.network.arrays
        heads = _dots(self.network)
        head = _Dots(self, *heads) if heads else _Sums(self)
        x = self.entered(arrays[0])
        for a, array in enumerate(arrays):
            head.begin(a)
            for i, layer in enumerate(array.layers):
                z = self.layer(layer, x, lambda z, fast, la=layer, at=(a, i): head.share(at, la, z, fast))
                if i + 1 < len(array.layers):
                    x = self.next(layer, z, x)
                elif a + 1 < len(arrays):
                    x = self.next(layer, z, x, arrays[a + 1].entry)
            head.end(a)
        return self.post(head.output)

    def entered(self, array: LayerArray) -> _Rows:
        """What the first array hears: not written down where that is cheaper."""
        entry, inputs = array.entry, self.steps.inputs + self.steps.ones
        if inputs <= entry.outs and "conv_pre" not in array.layers[0].films:
            matrix = _matrix(entry)
            return _Rows(INPUT, np.concatenate([matrix, _bias(entry)[None]]) if self.steps.ones else matrix)
        to = self.steps.buffer(entry.outs)
        self.steps.conv(to, _matrix(entry)[None], _bias(entry), self.steps.raw)
        return _Rows(to)

    def layer(self, layer: Layer, x: _Rows, share) -> int:
        """Up to the activation, whose share of the head it gives; returns the buffer of the activation's rows."""
        steps, films, wide = self.steps, layer.films, layer.conv.outs
        rows, z = wide // 2 if layer.gate else wide, self.block("z", wide)
        fast = _fast(layer.activation, layer.gate, layer.blended)
        between = {"conv_post", "mix_in_post", "activation_pre"} & set(films)
        if between:
            fast = None
        factors = _factors(fast, wide)
        if "conv_pre" in films:
            x = self.modulated(x, layer.conv.ins, films["conv_pre"])
        kernel, bias = _kernel(layer.conv) * factors, _bias(layer.conv) * factors
        if between:
            steps.conv(z, kernel, bias, x, layer.conv.dilation)
            self.film(films.get("conv_post"), z, wide)
            self.mix_in(layer, z)
            self.film(films.get("activation_pre"), z, wide)
        elif layer.mix_in:
            mixed = self.mixed(layer)
            weights, bias = _matrix(layer.mix_in) * factors, bias + _bias(layer.mix_in) * factors
            steps.conv(z, kernel, bias, x, layer.conv.dilation, extra=mixed, extra_weights=weights)
        else:
            steps.conv(z, kernel, bias, x, layer.conv.dilation)
        if fast is None:
            self.bent(layer, z, rows)
        if fast is not None and "activation_post" in films:
            steps.activate(z, fast, layer.activation, rows)
            fast = None
        self.film(films.get("activation_post"), z, rows)
        share(z, fast)
        return z

    def mixed(self, layer: Layer) -> _Rows:
        """The condition as the layer's mix-in hears it."""
        film = layer.films.get("mix_in_pre")
        return (
            self.modulated(self.condition, layer.mix_in.ins, film, self.block("mixed", layer.mix_in.ins))
            if film
            else self.condition
        )

    def mix_in(self, layer: Layer, z: int) -> None:
        """Adds the condition to z in a step of its own."""
        if layer.mix_in:
            to, rows = self.block("mix_in", layer.mix_in.outs), layer.mix_in.outs
            self.steps.conv(to, _kernel(layer.mix_in), _bias(layer.mix_in), self.mixed(layer))
            self.film(layer.films.get("mix_in_post"), to, rows)
            self.steps.step(ADD, z, rows, source=to, add=z)

    def modulated(self, x: _Rows, rows: int, film: Film, to: int | None = None) -> _Rows:
        """A copy of x, modulated."""
        to = self.steps.buffer(rows) if to is None else to
        self.steps.conv(to, np.eye(rows)[None], np.zeros(rows), x)
        self.film(film, to, rows)
        return _Rows(to)

    def film(self, film: Film | None, to: int, rows: int) -> None:
        if film:
            made = self.block("film", film.conv.outs)
            self.steps.conv(made, _kernel(film.conv), _bias(film.conv), self.condition)
            self.steps.step(SCALE, to, rows, source=made, how=int(film.shift))

    def bent(self, layer: Layer, z: int, rows: int) -> None:
        """An activation that has no kernel of its own."""
        if layer.blended:
            kept = self.block("kept", rows)
            self.steps.step(ADD, kept, rows, source=z)
        self.steps.bend(z, layer.activation, rows)
        if layer.gate:
            self.steps.bend(z, layer.gate, rows, to_row=rows)
        if layer.blended:
            self.steps.step(FADE, z, rows, source=kept, extra=z, extra_row=rows)
        elif layer.gate:
            self.steps.step(SCALE, z, rows, source=z, from_row=rows)

    def next(self, layer: Layer, z: int, x: _Rows, entry: Conv | None = None) -> _Rows:
        """What the next layer hears. entry: that of the next array, where one begins."""
        steps, channels = self.steps, layer.conv.ins
        onward = _matrix(layer.onward) if layer.onward else np.eye(channels)
        bias = _bias(layer.onward) if layer.onward else np.zeros(channels)
        if "onward_post" in layer.films:
            made = self.block("onward", channels)
            steps.conv(made, onward[None], bias, _Rows(z))
            self.film(layer.films["onward_post"], made, channels)
            z, onward, bias = made, np.eye(channels), np.zeros(channels)
        if entry is None and x.matrix is None:
            to = steps.buffer(channels)
            steps.conv(to, onward[None], bias, _Rows(z), add=x.buffer)
            return _Rows(to)
        into = _matrix(entry) if entry else np.eye(channels)
        bias = bias @ into + (_bias(entry) if entry else 0.0)
        to = steps.buffer(into.shape[1])
        steps.conv(to, (onward @ into)[None], bias, _Rows(z), extra=x, extra_weights=into)
        return _Rows(to)

    def post(self, at: int) -> int:
        for activation, conv in self.network.post:
            self.steps.bend(at, activation, conv.ins)
            to = self.steps.buffer(conv.outs)
            self.steps.conv(to, _kernel(conv), _bias(conv), _Rows(at), conv.dilation)
            at = to
        return at


def _dots(network: WaveNet) -> tuple[list[list[np.ndarray]], float] | None:
    """For each layer the weights, (rows of its activation,), with which it is heard in a single output, and the output's bias.

    None where the heads are not just sums: they hear the past, are modulated, feed more than one output.
    """
    straight = not network.post and network.arrays[-1].head.outs == 1
    if not straight or any(a.head.taps > 1 or "head_post" in la.films for a in network.arrays for la in a.layers):
        return None
    onward, constant = np.array([[network.scale]]), 0.0  # from an array's head to the output
    dots: list[list[np.ndarray]] = []
    for array in reversed(network.arrays):
        constant += float((_bias(array.head) @ onward)[0])
        onward = _matrix(array.head) @ onward
        dots.insert(0, [((_matrix(la.head) @ onward) if la.head else onward)[:, 0] for la in array.layers])
        constant += sum(float((_bias(la.head) @ onward)[0]) for la in array.layers if la.head)
    return dots, constant


class _Dots:
    """Heads that end in one output: each layer adds its dot product."""

    def __init__(self, writer: _WaveNetWriter, dots: list[list[np.ndarray]], constant: float) -> None:
        self.steps, self.dots = writer.steps, dots
        self.output = writer.steps.buffer(1)
        self.steps.step(FILL, self.output, 1, np.array([constant]))

    def begin(self, a: int) -> None: ...

    def end(self, a: int) -> None: ...

    def share(self, at: tuple[int, int], layer: Layer, z: int, fast: int | None) -> None:
        dot = self.dots[at[0]][at[1]]
        if fast is None:
            self.steps.conv(self.output, dot[None, :, None], np.zeros(1), _Rows(z), add=self.output)
        else:
            self.steps.activate(z, fast, layer.activation, len(dot), self.output, DOT, dot)


class _Sums:
    """Heads that are summed row by row, and go through convolutions."""

    def __init__(self, writer: _WaveNetWriter) -> None:
        self.writer, self.steps, self.arrays = writer, writer.steps, writer.network.arrays
        self.output = self.steps.buffer(self.arrays[0].head.ins)  # the array's at work; in the end the network's
        self.steps.step(FILL, self.output, self.arrays[0].head.ins, np.zeros(self.arrays[0].head.ins))

    def begin(self, a: int) -> None: ...

    def share(self, at: tuple[int, int], layer: Layer, z: int, fast: int | None) -> None:
        steps, rows = self.steps, self.arrays[at[0]].head.ins
        width = layer.conv.outs // 2 if layer.gate else layer.conv.outs
        if fast is not None:
            direct = layer.head is None
            steps.activate(
                z, fast, layer.activation, width, self.output if direct else NONE, SUM if direct else NO_HEAD
            )
            if direct:
                return
        made = z
        if layer.head:
            if "head_post" not in layer.films:
                steps.conv(self.output, _kernel(layer.head), _bias(layer.head), _Rows(z), add=self.output)
                return
            made = self.writer.block("head", rows)
            steps.conv(made, _kernel(layer.head), _bias(layer.head), _Rows(z))
            self.writer.film(layer.films["head_post"], made, rows)
        steps.step(ADD, self.output, rows, source=made, add=self.output)

    def end(self, a: int) -> None:
        head, last = self.arrays[a].head, a + 1 == len(self.arrays)
        scale = self.writer.network.scale if last else 1.0
        to = self.steps.buffer(head.outs)
        self.steps.conv(to, _kernel(head) * scale, _bias(head) * scale, _Rows(self.output), head.dilation)
        self.output = to
