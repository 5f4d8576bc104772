"""Learn low-rank changes of the encoder: LoRA (Hu and others, 2021, arXiv 2106.09685), and one way down a loss.

The weights of the encoder stay, and beside each of the six matrices of a layer a product of two thin ones is learned.
"""

import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from b12assistant.index.encoding import SentenceEncoder
from b12assistant.index.onnx_encoder import find_weights

RANK = 32
BATCH, BUCKET = 32, 16
MATRICES = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
THIN = ("down", "up")
BFLOAT16 = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # emulated, a step takes twenty times as long

Arrays = Mapping[str, np.ndarray]


class LowRank(nn.Module):
    """A fixed matrix, and a thin product beside it that is learned; it is zero at first without ``up``.

    ``rounds``: compute as the graph in eight bits does, nearly (Jacob and others, 2018, arXiv 1712.05877): here padding
    counts among the numbers of a text. ``plain``: leave the product out.
    """

    def __init__(
        self, base: nn.Linear, down: torch.Tensor | None = None, up: torch.Tensor | None = None, *, rounds: bool = False
    ) -> None:
        super().__init__()
        self.rounds, self.plain = rounds, False
        self.base = base.requires_grad_(requires_grad=False)
        self.down = nn.Parameter(torch.randn(base.in_features, RANK) / base.in_features**0.5 if down is None else down)
        self.up = nn.Parameter(torch.zeros(RANK, base.out_features) if up is None else up)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        if self.plain or not self.rounds:
            own: torch.Tensor = self.base(given)
            return own if self.plain else own + (given @ self.down) @ self.up
        weight = self.base.weight + (self.down @ self.up).T
        return nn.functional.linear(rounded_texts(given), rounded_rows(weight), self.base.bias)


def rounded_texts(given: torch.Tensor) -> torch.Tensor:
    """Round each text, (b, n, d), to 256 values from its least to its greatest number."""
    low = given.detach().amin((1, 2), keepdim=True).clamp(max=0)
    high = given.detach().amax((1, 2), keepdim=True).clamp(min=1e-6)
    step = (high - low) / 255
    zero = (-low / step).round()
    return _as_if((((given / step).round() + zero).clamp(0, 255) - zero) * step, given)


def rounded_rows(weight: torch.Tensor) -> torch.Tensor:
    """Round each row of a matrix to whole numbers up to 64 times a scale."""
    scale = weight.detach().abs().amax(1, keepdim=True) / 64
    return _as_if((weight / scale).round() * scale, weight)


def _as_if(rounded: torch.Tensor, exact: torch.Tensor) -> torch.Tensor:
    """Return ``rounded`` with the gradient of ``exact`` (the straight-through estimator of Bengio and others, 2013)."""
    return exact + (rounded - exact).detach()


class Tuned(nn.Module):
    """The encoder with a thin product beside each of the six matrices of a layer; the rest of it is frozen.

    ``start``: arrays to begin with, two for each matrix, named after its weight. ``rounds``: as in `LowRank`.
    """

    model: Any

    def __init__(self, start: Arrays | None = None, *, rounds: bool = False) -> None:
        super().__init__()
        whole: Any = SentenceEncoder(find_weights(), threads=1).model
        self.tokenizer, self.model = whole.tokenizer, whole[0].auto_model
        self.model.requires_grad_(requires_grad=False)
        self.changed: dict[str, LowRank] = {}
        for number, layer in enumerate(self.model.encoder.layer):
            for name in MATRICES:
                owner, _, last = name.rpartition(".")
                full = f"encoder.layer.{number}.{name}.weight"
                thin = [torch.from_numpy(start[f"{full}/{each}"].astype(np.float32)) for each in THIN] if start else []
                self.changed[full] = LowRank(layer.get_submodule(name), *thin, rounds=rounds)
                setattr(layer.get_submodule(owner), last, self.changed[full])

    @property
    def thin(self) -> list[nn.Parameter]:
        """Return what is learned of the encoder."""
        return [each for changed in self.changed.values() for each in (changed.down, changed.up)]

    @property
    def size(self) -> int:
        """Return the length of a vector."""
        return int(self.model.config.hidden_size)

    def arrays(self, kept: float = 1.0) -> dict[str, np.ndarray]:
        """Return the thin matrices, ``kept`` of their product, in half precision."""
        thin = dict[str, np.ndarray]()
        for name, changed in self.changed.items():
            thin |= {f"{name}/down": half(changed.down), f"{name}/up": half(kept * changed.up)}
        return thin

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Compute as the encoder did before it learned."""
        self._leave_out(plain=True)
        yield
        self._leave_out(plain=False)

    def _leave_out(self, *, plain: bool) -> None:
        for each in self.changed.values():
            each.plain = plain


def meant(states: torch.Tensor, read: torch.Tensor) -> torch.Tensor:
    """Return the mean vector of each text, (b, d), of unit length. ``states``: (b, n, d); ``read``: (b, n), 1 or 0."""
    there = read[..., None].float()
    return nn.functional.normalize((states * there).sum(1) / there.sum(1).clamp(min=1), dim=-1)


class Descent:
    """Goes down a loss with rates that rise and fall over ``steps``, and prints how far it is.

    ``groups``: weights, each with its highest rate.
    """

    def __init__(self, groups: Sequence[tuple[Iterable[nn.Parameter], float]], steps: int) -> None:
        learned = [(list(weights), rate) for weights, rate in groups]
        self.weights = [each for weights, _ in learned for each in weights]
        self.steps, self.losses, self.begun = steps, list[float](), time.perf_counter()
        self.optimiser = torch.optim.AdamW([{"params": weights} for weights, _ in learned], weight_decay=0.01)
        rates = [rate for _, rate in learned]
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, rates, total_steps=steps, pct_start=0.1)

    def step(self, loss: torch.Tensor) -> None:
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimiser.step()
        self.schedule.step()
        self.losses.append(loss.item())
        if len(self.losses) % 50 == 0:
            mean, seconds = np.mean(self.losses[-50:]), time.perf_counter() - self.begun
            print(f"{len(self.losses)}/{self.steps}: loss {mean:.3f}, {seconds:.0f} s", flush=True)


def batches(lengths: Sequence[int], rng: random.Random) -> Iterator[list[int]]:
    """Put texts of about the same length together: padding is what takes the time."""
    order = rng.sample(range(len(lengths)), len(lengths))
    found = []
    for start in range(0, len(order), BATCH * BUCKET):
        bucket = sorted(order[start : start + BATCH * BUCKET], key=lambda i: lengths[i])
        found += [bucket[i : i + BATCH] for i in range(0, len(bucket), BATCH)]
    yield from rng.sample(found, len(found))


def half(values: torch.Tensor) -> np.ndarray:
    return np.ascontiguousarray(values.detach().numpy(), np.float16)
