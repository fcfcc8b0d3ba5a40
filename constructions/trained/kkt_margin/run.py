"""`train`: trained draws for the verifiers and the panels' tables, resumable, within a budget of seconds."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from constructions.files import write_whole
from constructions.instance import Draw, InvalidInstance
from constructions.kkt_margin.data import bartlett_sphere_data, linear_congruential_sign_data, sign_data
from constructions.kkt_margin.instance import MarginInstance
from constructions.threads import cores
from constructions.trained.kkt_margin.flips import SCALES, Table, generators, panels
from constructions.trained.kkt_margin.networks import PATIENT, STANDARD, Progress, Recipe, resolve_device
from constructions.trained.kkt_margin.points import Status, Trained, train_points


@dataclass(frozen=True)
class TrainingResult:
    """Trained draws (source "trained"; fitted networks only), measurement tables, and how they came about.

    counts of networks behind `draws` by status; skipped: units of work that the budget left out, by name.
    """

    draws: list[Draw]
    tables: list[Table]
    environment: dict[str, Any]
    seconds: float
    counts: dict[Status, int] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Law:
    """A declared law of data with the recipe trained on it and the number of draws by scale."""

    text: str
    data: Callable[[np.random.Generator], MarginInstance]
    recipe: Recipe
    draws: dict[str, int]


def _sign(size: int, dimension: int, bias: bool) -> Callable[[np.random.Generator], MarginInstance]:
    return lambda generator: sign_data(size, dimension, generator, bias=bias)


def _sphere(size: int, dimension: int) -> Callable[[np.random.Generator], MarginInstance]:
    return lambda generator: bartlett_sphere_data(size, dimension, generator, bias=True)


LAWS = (
    Law("reproducible +-1 data, n = 4, d = 256, no bias; width 20",
        lambda _: linear_congruential_sign_data(4, 256), replace(STANDARD, width=20),
        {"small": 2, "paper": 8}),
    Law("reproducible +-1 data, n = 6, d = 1024, bias; width 8, patient recipe",
        lambda _: linear_congruential_sign_data(6, 1024, bias=True), replace(PATIENT, width=8),
        {"small": 4, "paper": 32}),
    Law("independent +-1 entries, n = 4, d = 2240, bias; width 50", _sign(4, 2240, True), STANDARD,
        {"small": 4, "paper": 64}),
    Law("independent +-1 entries, n = 8, d = 4096, no bias; width 50", _sign(8, 4096, False), STANDARD,
        {"small": 4, "paper": 64}),
    Law("uniform on the sphere, n = 10, d = 5000, bias; width 50", _sphere(10, 5000), STANDARD,
        {"small": 4, "paper": 64}),
    Law("uniform on the sphere, n = 20, d = 200, bias; width 50", _sphere(20, 200), STANDARD,
        {"small": 6, "paper": 256}),
    Law("uniform on the sphere, n = 40, d = 2000, bias; width 200",
        _sphere(40, 2000), replace(STANDARD, width=200), {"paper": 256}),
)


class Checkpoint:
    """Results of finished units of work by name, in one JSON file that is replaced atomically after each unit."""

    def __init__(self, path: Path | None, key: str, deadline: float) -> None:
        self.path, self.key, self.deadline = path, key, deadline
        self.skipped: list[str] = []
        self.done: dict[str, Any] = {}
        if path is not None and path.exists():
            try:
                stored = json.loads(path.read_text())
                if stored["key"] == key:
                    self.done = stored["done"]
            except (ValueError, KeyError, TypeError):
                raise InvalidInstance(f"{path} is not a training checkpoint; remove it or give another path") from None

    def recall(self, name: str, work: Callable[[], Any]) -> Any:
        """The stored result, or that of `work`, stored; None once the time is up."""
        if name not in self.done:
            if time.monotonic() > self.deadline:
                self.skipped.append(name)
                return None
            self.done[name] = work()
            self._write()
        return self.done[name]

    def _write(self) -> None:
        if self.path is None:
            return
        write_whole(self.path, json.dumps({"key": self.key, "done": self.done}))


def train(
    scale: str = "small", device: str = "cpu", seed: int = 0, progress: Progress | None = None,
    budget: float | None = None, *, certified: Callable[[MarginInstance], bool] | None = None,
    state: str | os.PathLike[str] | None = None, workers: int | None = None,
) -> TrainingResult:
    """Train at "small" scale (under two minutes on two cores) or "paper" scale (a GPU).

    `budget` in seconds stops new units of work when it is spent; `state` names a checkpoint file from which an
    interrupted run with the same arguments goes on; `certified` is passed to the phase diagram. Raises
    `InvalidInstance` on an unknown scale, or on device "cuda" without CUDA.
    """
    if scale not in SCALES:
        raise InvalidInstance(f"scale {scale!r} is unknown; use {' or '.join(SCALES)}")
    place, start = resolve_device(device), time.monotonic()
    workers = workers or cores()
    checkpoint = Checkpoint(
        Path(state) if state else None, f"{scale} {device} {seed} {certified is not None}",
        float("inf") if budget is None else start + budget,
    )
    with one_torch_thread():
        draws, counts, outcome = _draws(scale, device, seed, progress, checkpoint, workers)
        tables = panels(scale, device, seed, progress, certified=certified, recall=checkpoint.recall, workers=workers)
    environment = {
        "torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version(),
        "device": torch.cuda.get_device_name(place) if place.type == "cuda" else "cpu", "workers": workers,
    }
    seconds = time.monotonic() - start
    return TrainingResult(draws, [outcome, *tables], environment, seconds, counts, checkpoint.skipped)


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Batches and worker threads give the speed; torch's own pool would only stall them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _draws(
    scale: str, device: str, seed: int, progress: Progress | None, checkpoint: Checkpoint, workers: int
) -> tuple[list[Draw], dict[Status, int], Table]:
    draws: list[Draw] = []
    counts: dict[Status, int] = {"polished": 0, "gradient only": 0, "not fitted": 0}
    rows = []
    for position, law in enumerate(LAWS):
        size = law.draws.get(scale, 0)
        if size == 0:
            continue
        if progress:
            progress(position, len(LAWS), "networks for the verifiers")
        stored = checkpoint.recall(law.text, partial(_train_law, law, size, device, seed, workers))
        if not stored:
            continue
        results = [_unpack(entry) for entry in stored]
        for result in results:
            counts[result.status] += 1
        draws += [r.draw(law.text, seed, index) for index, r in enumerate(results) if r.instance.has_network]
        fitted = [result for result in results if result.status != "not fitted"]
        polished = [result for result in fitted if result.status == "polished"]
        rows.append([
            law.text, len(results), len(fitted), len(polished), max((r.residual for r in fitted), default=None),
            float(np.mean([r.steps for r in fitted])) if fitted else None,
            float(np.mean([r.gain for r in polished])) if polished else None,
            sum(r.repairs > 0 for r in polished),
        ])
    units = {
        "data": "", "networks": "networks", "fitted": "networks", "polished": "networks", "worst_residual": "1",
        "steps": "steps", "gain": "1", "repaired": "networks",
    }
    return draws, counts, {
        "name": "kkt_margin_training", "title": "Networks trained for the verifiers", "columns": list(units),
        "units": units, "rows": rows,
        "note": "worst_residual: relative KKT residual with free subgradients; steps of the fit; gain: normalised "
        "margin of the KKT point over that of the network; repaired: polished points whose same-class activations "
        "differ from the trained network's.",
    }


def _train_law(law: Law, size: int, device: str, seed: int, workers: int) -> list[dict[str, Any]]:
    generator, torch_generator = generators(seed, law.text)
    instances = [law.data(generator) for _ in range(size)]
    found = train_points(instances, law.recipe, generator=torch_generator, device=device, workers=workers)
    return [_pack(result) for result in found]


def _pack(result: Trained) -> dict[str, Any]:
    arrays = {name: [str(array.dtype), array.tolist()] for name, array in result.instance.arrays().items()}
    return {"status": result.status, "residual": result.residual, "steps": result.steps, "gain": result.gain,
            "repairs": result.repairs, "arrays": arrays}


def _unpack(entry: dict[str, Any]) -> Trained:
    arrays = {name: np.array(content, dtype=kind) for name, (kind, content) in entry["arrays"].items()}
    rest = {name: value for name, value in entry.items() if name != "arrays"}
    return Trained(instance=MarginInstance(**arrays), **rest)
