"""Tables and figures of the experiments, each with its number of seeds, what was expected, and what it does not say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from constructions.trained.feature_purification import reference
from constructions.trained.feature_purification.experiments import STARTS, WATCHED, Collapse, Pairs
from constructions.trained.feature_purification.measures import PURE, RANKS

Json = dict[str, Any]
Found = Mapping[Pairs | Collapse, Sequence[Json]]

MEASURES = {
    "top_mean": "1", "top_median": "1", "top_first_decile": "1", "top_by_length": "1", "dense_mean": "1",
    "dense_median": "1", "mixture_median": "1", "residual_mean": "1", "coverage": "1", "cos_initial_clean": "1",
    "cos_initial_trained": "1", "cos_clean_trained": "1", "decomposition_median": "1", "decomposition_above_one": "1",
    "singular_1": "length", "singular_2": "length", "singular_3": "length", "singular_median": "length",
    "alignment": "1", "zero_neurons": "neurons",
}  # fmt: skip

SPREAD = 0.05
"""How far apart measures of two runs of one recipe may lie, relatively, where too few seeds show it."""

DEVIATIONS = 3
"""The same for accuracies, in standard deviations of the difference of two samples of `POINTS` points."""

POINTS = 1000


def tables_of(found: Found) -> list[Json]:
    """All tables of what was measured; those without a row are left out."""
    pairs = {key: entries for key, entries in found.items() if isinstance(key, Pairs) and entries}
    grids = {key: entries for key, entries in found.items() if isinstance(key, Collapse) and entries}
    round_ones = {key: entries for key, entries in pairs.items() if key.norm == 2}
    main = {key: entries for key, entries in round_ones.items() if (key.k, key.kappa) == (5, 0.2)}
    cubes = {key: entries for key, entries in pairs.items() if key.norm == 0}
    made = [
        _accuracy(main, "purification_accuracy",
                  "Robust accuracy against the radius of the attack, l2, k = 5, kappa = 0.2"),
        _accuracy({key: e for key, e in round_ones.items() if key.k != 5}, "purification_accuracy_8",
                  "Robust accuracy against the radius of the attack, l2, larger k"),
        _accuracy(cubes, "purification_accuracy_cube", "Robust accuracy against the radius of the attack, l_inf"),
        _dimensions(main),
        _kappas(round_ones),
        _beginnings(round_ones),
        _attacks(pairs),
        _measures(pairs),
        _spectrum(main),
        *_paths(main),
        *(_collapse(grid, entries) for grid, entries in grids.items()),
        _failures(pairs),
        _reproduction(pairs),
    ]
    return [table for table in made if table["rows"]]


def _table(name: str, title: str, units: dict[str, str], rows: list[list[Any]], note: str, **figure: Any) -> Json:
    return {"name": name, "title": title, "columns": list(units), "units": units, "rows": rows, "note": note} | figure


def _trained(entries: Sequence[Json], name: str) -> list[Json]:
    return [entry["networks"][name] for entry in entries if _went(entry, name)]


def _went(entry: Json, name: str) -> bool:
    return name in entry["networks"] and entry["networks"][name]["status"] == "trained"


def _seeds(found: Mapping[Any, Sequence[Json]]) -> str:
    return "; ".join(f"{key.name}: {_count(len({e['seed'] for e in es}))}" for key, es in found.items())


def _count(seeds: int) -> str:
    return "1 seed" if seeds == 1 else f"{seeds} seeds"


LEGEND = dict(zip(STARTS, ("clean", "from scratch", "from clean"), strict=True))
"""Kinds of training in legends; the last two are adversarial."""

ATTACKED = (
    "Accuracies under attack on 1000 fresh points per seed are upper bounds of the robust accuracy; f = 0 counts as "
    "wrong. best attack: the least of the dense direction, one step and 40 projected steps from four starts."
)


def _accuracy(pairs: Mapping[Pairs, Sequence[Json]], name: str, title: str) -> Json:
    units = {"network": "", "radius": "length", "accuracy": "1", "lowest": "1", "highest": "1", "seeds": "seeds"}
    rows: list[list[Any]] = []
    for key, entries in pairs.items():
        for network in STARTS:
            curves = [n["accuracies"] for n in _trained(entries, network)]
            for at in zip(*curves, strict=True):
                best = [row[3] for row in at]
                rows.append([_series(network, key), at[0][0], mean(best), min(best), max(best), len(best)])
    note = (
        "From scratch and from the clean network: adversarial training. Mean, lowest and highest over seeds, best "
        f"attack. {_seeds(pairs)}. {ATTACKED} Expected: clean networks break "
        "at radii at which adversarially trained ones do not. It does not claim robustness: see the certificates."
    )
    return _table(name, title, units, rows, note, x="radius", y="accuracy", series="network", low="lowest",
                  high="highest")  # fmt: skip


def _series(network: str, key: Pairs) -> str:
    """A short name for legends, without what is the same in all series of the main figures."""
    rest = "" if (key.k, key.kappa) == (5, 0.2) else f", k = {key.k}, kappa = {key.kappa:g}"
    return f"{LEGEND[network]}, d = {key.d}{rest}"


def _dimensions(pairs: Mapping[Pairs, Sequence[Json]]) -> Json:
    units = {"network": "", "d": "coordinates", "accuracy": "1", "lowest": "1", "highest": "1", "seeds": "seeds"}
    rows: list[list[Any]] = []
    chosen = {key: entries for key, entries in pairs.items() if 0.2 in key.radii}
    for network in STARTS:
        for key, entries in sorted(chosen.items(), key=lambda item: item[0].d):
            best = [row[3] for n in _trained(entries, network) for row in n["accuracies"] if row[0] == 0.2]
            if best:
                rows.append([network, key.d, mean(best), min(best), max(best), len(best)])
    note = (
        f"At radius 0.2, k = 5, kappa = 0.2. {_seeds(chosen)}. {ATTACKED} Expected: the clean network falls with d, "
        "the adversarially trained ones stay. It does not say how either goes on beyond the largest d."
    )
    several = len({key.d for key in chosen}) > 1
    return _table("purification_dimension", "Robust accuracy at radius 0.2 against the dimension", units,
                  rows if several else [], note,
                  x="d", y="accuracy", series="network", low="lowest", high="highest", log=["x"])  # fmt: skip


def _kappas(pairs: Mapping[Pairs, Sequence[Json]]) -> Json:
    units = {"network": "", "kappa": "1", "accuracy": "1", "lowest": "1", "highest": "1", "top_mean": "1",
             "seeds": "seeds"}  # fmt: skip
    chosen = {key: entries for key, entries in pairs.items() if (key.d, key.k) == (64, 5) and 0.2 in key.radii}
    rows: list[list[Any]] = []
    for network in STARTS:
        for key, entries in sorted(chosen.items(), key=lambda item: item[0].kappa):
            runs = _trained(entries, network)
            best = [row[3] for run in runs for row in run["accuracies"] if row[0] == 0.2]
            if best:
                rows.append([network, key.kappa, mean(best), min(best), max(best),
                             mean(run["measures"]["top_mean"] for run in runs), len(best)])  # fmt: skip
    note = (
        f"At radius 0.2, d = 64, k = 5. {_seeds(chosen)}. {ATTACKED} Expected: with a small kappa clean networks are "
        "nearly linear, with a large one their neurons are nearly pure and they are more robust. It does not say which "
        "kappa is best."
    )
    several = len({key.kappa for key in chosen}) > 1
    return _table("purification_kappa", "Robust accuracy at radius 0.2 against kappa", units, rows if several else [],
                  note, x="kappa", y="accuracy", series="network", low="lowest", high="highest")  # fmt: skip


def _beginnings(pairs: Mapping[Pairs, Sequence[Json]]) -> Json:
    units = {"configuration": "", "radius": "length", "from scratch": "1", "from the clean network": "1",
             "difference": "1", "seeds": "seeds"}  # fmt: skip
    rows: list[list[Any]] = []
    for key, entries in pairs.items():
        both = [e for e in entries if _went(e, STARTS[1]) and _went(e, STARTS[2])]
        curves = [[n["accuracies"] for n in _trained(both, name)] for name in STARTS[1:]]
        for scratch, warm in zip(*(zip(*curve, strict=True) for curve in curves), strict=True):
            first, second = mean(row[3] for row in scratch), mean(row[3] for row in warm)
            rows.append([key.name, scratch[0][0], first, second, second - first, len(both)])
    note = (
        f"Best attack, mean over seeds, at equal numbers of steps of adversarial training. {_seeds(pairs)}. {ATTACKED} "
        "Expected: the start from the clean network, the order of the paper, is no better. Differences below 0.03 are "
        "within what 1000 points show."
    )
    return _table("purification_starts", "Adversarial training from scratch and from the clean network", units, rows,
                  note)  # fmt: skip


def _attacks(pairs: Mapping[Pairs, Sequence[Json]]) -> Json:
    units = {"configuration": "", "network": "", "seed": "", "radius": "length", "radius sqrt(k)": "1",
             "radius sqrt(d)": "1", "radius k^2/sqrt(d)": "1", "dense": "1", "one_step": "1", "best": "1"}  # fmt: skip
    rows = [
        [key.name, network, entry["seed"], radius, radius * math.sqrt(key.k), radius * math.sqrt(key.d),
         radius * key.k**2 / math.sqrt(key.d), *found]
        for key, entries in pairs.items() for entry in entries for network in STARTS if _went(entry, network)
        for radius, *found in entry["networks"][network]["accuracies"]
    ]  # fmt: skip
    note = (
        f"Every run. {_seeds(pairs)}. {ATTACKED} Expected for clean networks: the dense direction alone does nearly as "
        "well as the best attack. The radius is also given in the units of the pure network, of the linear classifier "
        "and of the clean network."
    )
    return _table("purification_attacks", "Accuracy under dense, one-step and best attacks, run by run", units, rows,
                  note)  # fmt: skip


def _measures(pairs: Mapping[Pairs, Sequence[Json]]) -> Json:
    units = {"configuration": "", "network": "", "measure": "", "unit": "", "mean": "", "lowest": "", "highest": "",
             "seeds": "seeds"}  # fmt: skip
    rows: list[list[Any]] = []
    for key, entries in pairs.items():
        for network in STARTS:
            measured = [n["measures"] for n in _trained(entries, network)]
            for name, unit in MEASURES.items():
                values = [m[name] for m in measured if name in m and not (network == STARTS[0] and "trained" in name)]
                if values and not (network == STARTS[0] and name.startswith("decomposition")):
                    spread = [mean(values), min(values), max(values), len(values)]
                    rows.append([key.name, network, name, unit, *spread])
    note = (
        "Per neuron: top, share |w_ij|/|w_i| of the largest coordinate; dense, cosine with u = 1/sqrt(d); mixture, "
        f"mean of the other coordinates over |w_ij|; coverage, share of features with a neuron of top above {PURE}; "
        "decomposition, |beta w'|/|v| of clean weights along trained ones. Cosines are between runs with batches of "
        f"their own. alignment: of the first right singular vector with u. {_seeds(pairs)}. Expected: the mixture "
        "falls by more than tenfold and the dense singular value goes; near-zero cosines with the initialisation and "
        "|beta w'| > |v|, which the paper's authors report, are not seen at these dimensions."
    )
    return _table("purification_measures", "Purification before and after adversarial training", units, rows, note)


def _spectrum(pairs: Mapping[Pairs, Sequence[Json]]) -> Json:
    units = {"change": "", "directions": "directions", "share": "1", "lowest": "1", "highest": "1", "seeds": "seeds"}
    rows: list[list[Any]] = []
    for key, entries in pairs.items():
        for network in STARTS[1:]:
            shares = [dict(map(tuple, n["spectrum"])) for n in _trained(entries, network)]
            for rank in RANKS:
                values = [share[rank] for share in shares if rank in share]
                if values:
                    spread = [mean(values), min(values), max(values), len(values)]
                    rows.append([_series(network, key), rank, *spread])
    note = (
        "k = 5, kappa = 0.2. Share of the squared singular values of W - W_clean in its leading directions. "
        f"{_seeds(pairs)}. Expected: not of low rank. It does not contradict low-rank adversarial training "
        "of deep networks, which is another setting."
    )
    return _table("purification_spectrum", "How much of the change of the weights lies in few directions", units, rows,
                  note, x="directions", y="share", series="change", low="lowest", high="highest",
                  log=["x"])  # fmt: skip


def _paths(pairs: Mapping[Pairs, Sequence[Json]]) -> list[Json]:
    rows = [
        [_series(network, key), step, mixture, mixture * key.d / key.k, dense, top, singular]
        for key, entries in pairs.items() for entry in entries[:1] for network, path in entry["paths"].items()
        for step, top, dense, mixture, singular in path
    ]  # fmt: skip
    units = {"network": "", "step": "steps", "mixture": "1", "mixture d/k": "1", "dense": "1", "top": "1",
             "singular_1": "length"}  # fmt: skip
    note = (
        f"k = 5, kappa = 0.2, one seed each, every {WATCHED} steps: median mixture beta/alpha, in units of k/d as "
        "well, mean cosine with the dense direction, mean top share, largest singular value. Expected: the mixture of "
        "clean networks stays a small multiple of k/d, that of adversarially trained ones falls once the radius is "
        "large. One seed shows no spread."
    )
    return [
        _table("purification_path", "The dense mixture along training", units, rows, note, x="step", y="mixture",
               series="network", log=["y"]),
    ]  # fmt: skip


def _collapse(grid: Collapse, entries: Sequence[Json]) -> Json:
    units = {"start": "", "kappa": "1", "radius": "length", "predicted": "length", "failed": "1", "collapsed": "runs",
             "dead": "runs", "diverged": "runs", "runs": "runs", "norm": "1", "accuracy": "1"}  # fmt: skip
    cells: dict[tuple[Any, ...], list[Json]] = {}
    for entry in entries:
        cells.setdefault((entry["ramp"], entry["kappa"], entry["radius"]), []).append(entry)
    rows = []
    for (ramp, kappa, radius), runs in sorted(cells.items()):
        counts = {s: sum(run["status"] == s for run in runs) for s in ("collapsed", "dead", "diverged")}
        text = f"kappa = {kappa:g}, {'ramp' if ramp else 'full radius at once'}"
        rows.append([text, kappa, radius, mean(run["predicted"] for run in runs), sum(counts.values()) / len(runs),
                     *counts.values(), len(runs), mean(run["shrink"] for run in runs),
                     mean(run["accuracy"] for run in runs)])  # fmt: skip
    note = (
        f"{grid.name}: {_count(grid.seeds)} per cell, {grid.steps} steps from scratch. failed: share of runs whose "
        "norm fell below 0.3 of its start, whose gates all closed, or that diverged; norm: that over its start when "
        "training ended or was given up; predicted: E y <v, x> along the first gradient v. Expected: runs at the full "
        "radius at once collapse above the predicted radius for small kappa, and a ramp saves some of them. A few "
        "seeds do not show a sharp threshold."
    )
    name = f"purification_collapse_{grid.d}"
    return _table(name, f"Share of runs that fail, {grid.name}", units, rows, note, x="radius", y="failed",
                  series="start")  # fmt: skip


def _failures(pairs: Mapping[Pairs, Sequence[Json]]) -> Json:
    units = {"configuration": "", "network": "", "seed": "", "status": "", "norm": "1"}
    rows = [
        [key.name, network, entry["seed"], found["status"], found["shrink"]]
        for key, entries in pairs.items() for entry in entries for network, found in entry["networks"].items()
        if found["status"] != "trained"
    ]  # fmt: skip
    return _table("purification_failures", "Runs that failed, left out of every mean above", units, rows,
                  f"{_seeds(pairs)}. norm: over that of the start.")  # fmt: skip


def _reproduction(pairs: Mapping[Pairs, Sequence[Json]]) -> Json:
    units = {"configuration": "", "network": "", "number": "", "here": "", "lowest": "", "highest": "",
             "reference": "", "effect": "", "agrees": "", "seeds": "seeds"}  # fmt: skip
    rows: list[list[Any]] = []
    for key, entries in pairs.items():
        for network in STARTS:
            runs = _trained(entries, network)
            for radius, expected in reference.ACCURACY.get(key.name, {}).get(network, {}).items():
                values = [row[3] for run in runs for row in run["accuracies"] if row[0] == radius]
                rows += _compared(key, network, f"accuracy at {radius:g}", values, expected, _noise(values, expected))
            for name, expected in reference.MEASURES.get(key.name, {}).get(network, {}).items():
                values = [run["measures"][name] for run in runs if name in run["measures"]]
                rows += _compared(key, network, name, values, expected, SPREAD * abs(expected))
            if network == STARTS[1]:
                for rank, expected in reference.SPECTRUM.get(key.name, {}).items():
                    values = [dict(map(tuple, run["spectrum"]))[rank] for run in runs]
                    rows += _compared(key, network, f"spectrum, {rank} directions", values, expected, SPREAD * expected)
    note = (
        "reference: numbers of another implementation of the same recipe, one or two seeds, measured elsewhere and no "
        "result of this library. agrees: the reference lies within the seeds seen here, widened on both sides by the "
        "larger of their range and what 1000 points explain (three standard deviations), for measures 5 %. effect: "
        f"mean here minus reference. {_seeds(pairs)}. Expected: agreement; of a few seeds it does not show that the "
        "spreads are equal."
    )
    return _table("purification_reproduction", "Against the reference numbers", units, rows, note)


def _noise(values: list[float], expected: float) -> float:
    """What the points drawn alone explain of the difference of two accuracies."""
    share = (mean(values) + expected) / 2 if values else expected
    return DEVIATIONS * math.sqrt(2 * share * (1 - share) / POINTS)


def _compared(
    key: Pairs, network: str, name: str, values: list[float], expected: float, room: float
) -> list[list[Any]]:
    if not values:
        return []
    low, high = min(values), max(values)
    wide = max(high - low, room)
    agrees = "yes" if low - wide <= expected <= high + wide else "no"
    return [[key.name, network, name, mean(values), low, high, expected, mean(values) - expected, agrees, len(values)]]
