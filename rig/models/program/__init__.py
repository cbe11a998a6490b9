"""A feed-forward network as steps on buffers of rows: what csrc/network/program.h reads.

All that is linear is multiplied out here, in double: the 1x1 into a network goes into its first convolution, the heads
of all layers into one dot product each, one array's end and the next one's beginning into one 1x1, the factors that the
kernels' activations expect into the weights before them.
"""

from __future__ import annotations

from rig.models.formats.network import ConvNet, WaveNet
from rig.models.program.convnet import conv_net
from rig.models.program.steps import Program, Steps
from rig.models.program.wavenet import WaveNetWriter, biased


def compile(network: WaveNet | ConvNet, stretch: int = 1) -> Program:
    """The steps that play a network. stretch: frames at the rate it runs at for each frame of its own rate."""
    steps = Steps(network.inputs, ones=isinstance(network, WaveNet) and biased(network), stretch=stretch)
    output = conv_net(steps, network) if isinstance(network, ConvNet) else WaveNetWriter(steps, network).write()
    return steps.program(output, (network.receptive_field - 1) * stretch)
