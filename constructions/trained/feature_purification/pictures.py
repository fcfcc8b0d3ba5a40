"""Real features: networks on the dictionary of photographs and on digits, with pictures of their neurons.

`panels` gives the tables that `train` adds to its own: evidence that photographs have a sparse code, robust accuracy
and purity of networks whose features are that code, robust accuracy and correlations on digits, how many directions
adversarial training needs, and neurons before and after it, chosen by a rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from constructions.feature_purification import dictionaries
from constructions.feature_purification.dictionaries import PatchDictionary, dictionary_law, learned_dictionary
from constructions.instance import NoInstance
from constructions.trained.feature_purification import digits, panel_tables
from constructions.trained.feature_purification.descent import (
    Recipe,
    attacked,
    biases_of,
    outputs_of,
    start_weights,
    train_network,
)
from constructions.trained.feature_purification.picture_measures import dictionary_measures, kurtosis, roughness, turned

Json = dict[str, Any]
Progress = Callable[[int, int, str], None]
Recall = Callable[[str, Callable[[], Any]], Any]

PATCH_RADII = (0.05, 0.1, 0.15, 0.2, 0.25)
DIGIT_RADII = (0.0, 0.1, 0.2, 0.25, 0.3)
RANKS = (1, 4, 16, 64)
SHOWN = 10
"""Neurons in a grid of pictures."""

START, CLEAN, SAME, WARM = "start", "clean", "adversarial, same start", "adversarial, from the clean network"
PURE = "columns themselves, w_j = w*_j M_j"


@dataclass(frozen=True)
class Size:
    """Sizes of one scale: (side, codes) of the dictionaries measured and trained on, steps, seeds, points, attack."""

    measured: tuple[tuple[int, int], ...]
    trained: tuple[tuple[int, int], ...]
    clean: int
    adversarial: int
    seeds: int
    points: int
    attack: int
    digit_seeds: int


SIZES = {
    "small": Size(((8, 64), (8, 128)), ((8, 64),), 600, 1000, 1, 400, 12, 2),
    "paper": Size(
        ((8, 64), (8, 128), (12, 144), (12, 288)), ((8, 64), (8, 128), (12, 144)), 1500, 2500, 3, 1000, 40, 8
    ),
}


def panels(
    scale: str, device: torch.device, seed: int, recall: Recall, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """Measurement tables at "small" scale (20 s on one core) or "paper" scale; units of work go through `recall`."""
    sizes = SIZES[scale]
    works: dict[tuple[Any, ...], Callable[[], Any]] = {}
    for side, codes in sizes.measured:
        works["dictionary", side, codes] = partial(_evidence, side, codes, seed)
    for side, codes in sizes.trained:
        for number in range(sizes.seeds):
            works["patches", side, codes, number] = partial(_patches, side, codes, sizes, device, seed, number)
    works["digits",] = partial(_digits, sizes, device, seed)
    found: dict[tuple[Any, ...], Any] = {}
    for position, (key, work) in enumerate(works.items()):
        if progress:
            progress(position, len(works), " ".join(map(str, key)))
        result = recall("panels " + " ".join(map(str, key)), work)
        if result is not None:
            found[key] = result
    return panel_tables.tables(found)


def _evidence(side: int, codes: int, seed: int) -> Json:
    """Codes of testing patches, beside a dictionary without learning and beside normal data of the same moments."""
    dictionary = learned_dictionary(side, codes, seed)
    generator = np.random.default_rng(np.random.SeedSequence([seed, side, codes]))
    matrix, real = dictionary.matrix, dictionary.patches.testing[:1000]
    untrained = dictionaries.random_twin(matrix, generator)
    rows = []
    for name, columns, patches in (
        ("photographs, learned columns", matrix, real),
        ("photographs, random columns", untrained, real),
        ("normal law of the same moments, learned columns", matrix, dictionaries.gaussian_twin(real, generator)),
    ):
        z = dictionaries.sparse_codes(columns, patches)
        rest = ((patches - z @ columns.T) ** 2).sum(axis=1) / (patches**2).sum(axis=1)
        counts, products = (z != 0).sum(axis=1), dictionaries.inner_products(columns)
        rows.append([
            name, float(counts.mean()), float(counts.std() / np.sqrt(len(counts))), float(1 - rest.mean()),
            float(1 - rest.max()), float(np.median(products)), float(np.quantile(products, 0.9)), float(products[-1]),
            dictionaries.coherence_floor(side * side - 1, codes),
        ])  # fmt: skip
    shares = np.linspace(0.0, 1.0, 51)
    inner = {
        "learned": np.quantile(dictionaries.inner_products(matrix), shares).tolist(),
        "random": np.quantile(dictionaries.inner_products(untrained), shares).tolist(),
    }
    return {"rows": rows, "inner": inner, "shares": shares.tolist()}


def _patches(side: int, codes: int, sizes: Size, place: torch.device, seed: int, number: int) -> Json:
    """Clean and adversarially trained networks on x = M z + noise with the learned M; streams as in `train`."""
    dictionary = learned_dictionary(side, codes, seed)
    law = dictionary_law(dictionary)
    streams = [np.random.default_rng(np.random.SeedSequence([seed + number, side, codes, i])) for i in range(4)]
    generator = torch.Generator().manual_seed(seed + number)
    recipe, hard = Recipe(sizes.clean), Recipe(sizes.adversarial, radius=0.25)
    networks = {START: start_weights(law, 2 * codes, recipe, generator).to(place)}
    networks[CLEAN] = train_network(law, networks[START], recipe, streams[0])
    for name, begin, stream in ((SAME, START, streams[1]), (WARM, CLEAN, streams[2])):
        try:
            networks[name] = train_network(law, networks[begin], hard, stream)
        except NoInstance:
            continue
    collapsed = sorted({SAME, WARM} - set(networks))
    sample = law.sample(sizes.points, streams[3])
    assert law.direction is not None
    signs = law.direction.astype(np.float64)
    networks[PURE] = torch.tensor((dictionary.matrix * signs).T, dtype=torch.float32, device=place)
    mirror = torch.tensor(turned(dictionary.matrix @ signs), device=place)
    points = torch.tensor(sample.points, device=place)
    labels = torch.tensor(sample.labels, dtype=torch.float64, device=place)
    kept = {name: entry.double().cpu() for name, entry in networks.items()}
    found: Json = {"law": law.text, "accuracies": {}, "measures": {}, "collapsed": collapsed}
    for name, trained in networks.items():
        weights = trained.double()
        biases = biases_of(weights, recipe.kappa, float(law.k))
        shares = [(0.0, float((labels * outputs_of(weights, biases, points) > 0).double().mean()))]
        for radius in PATCH_RADII:
            margin = attacked(weights @ mirror, biases, points @ mirror, labels, radius, sizes.attack, generator)
            shares.append((radius, float((margin > 0).double().mean())))
        found["accuracies"][name] = shares
        measured: Json = dict(dictionary_measures(kept[name].numpy(), dictionary.matrix, signs))
        measured["roughness_median"] = float(np.median(roughness(kept[name].numpy(), side)))
        for other in (START, CLEAN):
            cosines = None if name == PURE else float(digits.row_cosines(kept[name], kept[other]).mean())
            measured[f"cos_{other}"] = cosines
        found["measures"][name] = measured
    found["spectrum"] = {
        name: digits.energy_shares(kept[name] - kept[CLEAN]).tolist() for name in (SAME, WARM) if name in kept
    }
    if WARM in kept:
        found["pictures"] = _shown_patches({name: kept[name].numpy() for name in (START, CLEAN, WARM)}, dictionary)
    return found


def _shown_patches(networks: dict[str, np.ndarray], dictionary: PatchDictionary) -> list[Json]:
    """The neurons of largest norm after adversarial training, one per nearest column, as they were and as they became.

    The last row is that column with the sign of the neuron; the number is |cos| with the row's own nearest column.
    """
    last = networks[WARM]
    norms = np.sqrt((last**2).sum(axis=1))
    cosines = last @ dictionary.matrix / norms[:, None]
    nearest = np.abs(cosines).argmax(axis=1)
    chosen: list[int] = []
    for neuron in np.argsort(-norms):
        if nearest[neuron] not in nearest[chosen]:
            chosen.append(int(neuron))
    rows = []
    for name, weights in networks.items():
        units = weights[chosen[:SHOWN]]
        units = units / np.sqrt((units**2).sum(axis=1, keepdims=True))
        top = np.abs(units @ dictionary.matrix).max(axis=1)
        rows.append({"row": name, "neurons": chosen[:SHOWN], "values": top.tolist(), "images": units.tolist()})
    signs = np.sign(np.take_along_axis(cosines, nearest[:, None], axis=1)[:, 0])
    columns = [(signs[i] * dictionary.matrix[:, nearest[i]]).tolist() for i in chosen[:SHOWN]]
    last_row = {"row": "its nearest column", "neurons": chosen[:SHOWN], "values": [1.0] * len(columns)}
    return [*rows, last_row | {"images": columns}]


def _digits(sizes: Size, place: torch.device, seed: int) -> Json:
    """Clean, adversarially trained from clean, and the same by updates of given rank, one network per seed."""
    recipe, seeds = digits.DigitsRecipe(), [seed + number for number in range(sizes.digit_seeds)]
    training, testing = digits.split_digits(seeds, place)
    first = digits.first_networks(seeds, recipe, place)
    clean = digits.train_digits(first, training, recipe, False, [10_000 + s for s in seeds])
    later = [20_000 + s for s in seeds]
    hard = digits.train_digits(clean, training, recipe, True, later)
    networks = {START: first, CLEAN: clean, WARM: hard}

    def accuracy(network: digits.Networks, radius: float) -> list[float]:
        return digits.robust_accuracy(network, testing, radius, sizes.attack, seeds)

    robust = {name: [(t, accuracy(networks[name], t)) for t in DIGIT_RADII] for name in (CLEAN, WARM)}
    ranks = []
    for rank in RANKS:
        limited = digits.train_digits(clean, training, recipe, True, later, rank=rank)
        cut = digits.Networks(digits.truncated(clean.weights, hard.weights, rank), hard.biases)
        ranks.append([rank, accuracy(limited, recipe.radius), accuracy(cut, recipe.radius)])
    weights = {name: entry.weights.double().cpu() for name, entry in networks.items()}
    alive = (digits.active(clean, training) & digits.active(hard, training)).cpu()
    cosines: dict[str, list[list[float]]] = {}
    for one, other in ((CLEAN, WARM), (START, CLEAN), (START, WARM)):
        values = digits.row_cosines(weights[one], weights[other])
        both = [float(v[a].mean()) for v, a in zip(values, alive, strict=True)]
        cosines[f"{one} / {other}"] = [values.mean(dim=1).tolist(), both]
    side = 8
    shape: Json = {}
    for name, entry in weights.items():
        shown = [w[a].numpy() for w, a in zip(entry, alive, strict=True)]
        shape[name] = {
            "active": digits.active(networks[name], training).double().mean(dim=1).tolist(),
            "norm": [float(np.sqrt((w**2).sum(axis=1)).mean()) for w in shown],
            "roughness": [float(np.median(roughness(w, side))) for w in shown],
            "kurtosis": [float(np.median(kurtosis(w))) for w in shown],
        }
    return {
        "seeds": seeds, "radius": recipe.radius, "accuracies": robust, "ranks": ranks,
        "cosines": cosines, "shape": shape,
        "spectrum": digits.energy_shares(weights[WARM] - weights[CLEAN]).mean(dim=0).tolist(),
        "pictures": _shown_digits({name: entry[0].numpy() for name, entry in weights.items()}, side),
    }  # fmt: skip


def _shown_digits(networks: dict[str, np.ndarray], side: int) -> list[Json]:
    """The neurons that adversarial training moved furthest, in the first network; the number is their roughness."""
    change = networks[WARM] - networks[CLEAN]
    chosen = np.argsort(-(change**2).sum(axis=1))[:SHOWN]
    return [
        {"row": name, "neurons": chosen.tolist(), "values": roughness(weights[chosen], side).tolist(),
         "images": weights[chosen].tolist()}
        for name, weights in (networks | {"change by adversarial training": change}).items()
    ]  # fmt: skip
