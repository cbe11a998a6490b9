"""Convolutions one after another."""

from __future__ import annotations

from rig.models.formats.network import ConvNet
from rig.models.program.steps import INPUT, Rows, Steps, bias_of, factors_of, fast_of, kernel_of


def conv_net(steps: Steps, network: ConvNet) -> int:
    """Write the network's steps; returns the buffer that it ends in."""
    at = Rows(INPUT)
    for conv, activation in network.layers:
        to, fast = steps.buffer(conv.outs), fast_of(activation)
        factors = factors_of(fast, conv.outs)
        steps.conv(to, kernel_of(conv) * factors, bias_of(conv) * factors, at, conv.dilation)
        if fast is None:
            steps.bend(to, activation, conv.outs)
        else:
            steps.activate(to, fast, activation, conv.outs)
        at = Rows(to)
    out = steps.buffer(network.head.outs)
    steps.conv(out, kernel_of(network.head), bias_of(network.head), at, network.head.dilation)
    return out
