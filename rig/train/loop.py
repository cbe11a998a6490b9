"""How a network learns: SOAP, warm-up and cosine, an average of the weights, the best epoch kept."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch

from rig.train.data import Data
from rig.train.losses import Loss, esr, pre_emphasis
from rig.train.network import WaveNet
from rig.train.settings import Settings
from rig.train.state import Dump, Epoch, State, with_weights

WARM_UP = 0.02  # of the run: the rate climbs
FLOOR = 0.005  # the cosine's end, of the learning rate
AVERAGE = 0.998  # the weights' moving average, a step; what is judged and exported
CLIP_NORM = 1.0
MICRO = 16_384  # frames computed at once, so that a layer stays in the processor's cache

RECENT, USUAL = 32, 512  # steps that the two means of the loss remember
SPIKE = 10.0  # times its usual: the loss has jumped
CALM = 256  # steps at the beginning, whose loss says nothing yet
LOWEST = 1e-4  # of the learning rate: below, nothing is learnt


def steps_per_epoch(data: Data, settings: Settings) -> int:
    """As many as hear the whole take once."""
    return max(1, round(data.train_frames / (data.segment * settings.batch_size)))


def share_done(state: State, data: Data, settings: Settings) -> float:
    """0..1: of the epochs or of the minutes, whichever is nearer its end."""
    parts = [state.step / (steps_per_epoch(data, settings) * settings.epochs)] if settings.epochs else []
    parts += [state.seconds / (60 * settings.minutes)] if settings.minutes else []
    return min(max(parts), 1.0)


def reached(state: State, settings: Settings) -> bool:
    """Whether the best so far is as good as was asked for."""
    return settings.target is not None and state.best_epoch is not None and state.best_epoch.esr <= settings.target


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
        weights = dict(state.network.named_parameters())
        torch._foreach_lerp_([state.average[name] for name in weights], list(weights.values()), 1 - keep)
    return total


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


def _jumped(state: State, value: float) -> bool:
    """Whether the loss has left where it usually is. Keeps the means that this is told by."""
    if state.step <= 1:
        state.recent = state.usual = value
    state.recent += (value - state.recent) / RECENT
    state.usual += (value - state.usual) / USUAL
    return state.step > CALM and state.recent > SPIKE * state.usual


def _fault(state: State, value: float, jumped: bool) -> str:
    """What is wrong with the last step, "" where nothing is."""
    if jumped:
        return f"the loss jumped to {state.recent / state.usual:.0f} times its usual"
    finite = math.isfinite(value) and all(torch.isfinite(p).all() for p in state.network.parameters())
    return "" if finite else "the loss is no longer a number"


def _roll_back(state: State, good: Dump) -> None:
    """To where all was well, at half the rate; the time that it took is gone."""
    seconds, scale = state.seconds, state.rate_scale / 2
    state.load(good)
    state.seconds, state.rate_scale = seconds, scale
    good.update(rate_scale=scale)


def train(
    state: State,
    data: Data,
    settings: Settings,
    stop: Callable[[], bool] = lambda: False,
    after_step: Callable[[float, float], None] = lambda share, loss: None,
    after_epoch: Callable[[State, Epoch], None] = lambda state, epoch: None,
    say: Callable[[str], None] = lambda line: None,
    clock: Callable[[], float] = time.monotonic,
) -> State:
    """Teach until the epochs or the minutes are over, the target is reached, or `stop()`; `state.best` is the result.

    An epoch is as many steps as hear the whole take once. Where the loss jumps or stops being a number, the state goes
    back to the end of the last epoch and the rate is halved. Stopped before the first epoch's end, what was learnt so
    far is judged. clock: seconds; it stands still during a pause.
    """
    loss = Loss.for_take(data.wet, settings.loss)
    steps = steps_per_epoch(data, settings)
    since, good = clock() - state.seconds, state.dump()

    while share_done(state, data, settings) < 1 and not reached(state, settings):
        total, count, rate, value, jumped = 0.0, 0, 0.0, 0.0, False
        while count < steps and share_done(state, data, settings) < 1 and not stop():
            rate = state.rate_scale * learning_rate(settings, share_done(state, data, settings))
            value = take_step(state, data, loss, settings, rate)
            state.seconds = clock() - since
            total, count, jumped = total + value, count + 1, _jumped(state, value)
            after_step(share_done(state, data, settings), value)
            if jumped or not math.isfinite(value):
                break
        if stop() and state.best is not None:
            break
        fault = _fault(state, value, jumped) if count else ""
        if fault:
            _roll_back(state, good)
            say(f"{fault}: back to epoch {len(state.history)}, at half the rate")
            if state.rate_scale < LOWEST:
                say("it will not learn at any rate: stopping")
                break
            continue
        epoch = _finish_epoch(state, data, total / max(count, 1), rate)
        state.seconds = clock() - since
        good = state.dump()
        after_epoch(state, epoch)
        if stop():
            break
    return state
