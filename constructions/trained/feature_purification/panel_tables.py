"""Tables of `pictures.panels` from the results of its units of work."""

from __future__ import annotations

from math import isqrt, sqrt
from typing import Any

import numpy as np

Json = dict[str, Any]
Found = dict[tuple[Any, ...], Any]

MEASURED = (
    "top: |cos| with the nearest column; distance: sqrt(1 - top^2); dual: top for the directions that read a code off "
    "a point; dense: cos with M w*; residual: distance from the plane of that column and M w*; kurtosis of the cosines "
    "with all columns, 3 for a normal law; coverage: columns nearest to a neuron with top above .5; spike: share of "
    "M w* in the leading right singular vector; roughness of the picture, 1 for white noise; cos: mean cosine with the "
    "network of that name. The start shows what chance gives, the columns themselves what purity gives."
)
SHAPED = (
    "active: share of neurons that some training point activates. Of those active in the clean and in the "
    "adversarially trained network: mean norm; median roughness, 1 for white noise and 0 for a constant; median "
    "kurtosis of pixels, 3 for a normal law."
)


def tables(found: Found) -> list[Json]:
    """Measurement tables of whatever was found, by the keys of `pictures.panels`."""
    evidence = {key[1:]: entry for key, entry in found.items() if key[0] == "dictionary"}
    patches: dict[tuple[int, int], list[Json]] = {}
    for key, entry in found.items():
        if key[0] == "patches":
            patches.setdefault(key[1:3], []).append(entry)
    digits = found.get(("digits",))
    made = _evidence(evidence) if evidence else []
    for key, entries in patches.items():
        made += _patches(key, entries)
    if patches or digits:
        made.append(_spectra(patches, digits))
    return made + (_digits(digits) if digits else [])


def _named(side: int, codes: int) -> str:
    return f"{side} by {side} patches, {codes} columns"


def _mean(values: Any) -> tuple[float, float | None]:
    """Mean and its standard error; none from one value."""
    values = np.asarray(values, dtype=np.float64)
    return float(values.mean()), float(values.std(ddof=1) / sqrt(len(values))) if len(values) > 1 else None


def _banded(rows: list[list[Any]], seeds: int) -> tuple[list[list[Any]], Json]:
    """Rows that end in mean and standard error, continued by a band of one standard error where there is one."""
    if seeds < 2:
        return [row[:-1] for row in rows], {}
    return [[*row, row[-2] - row[-1], row[-2] + row[-1]] for row in rows], {"low": "low", "high": "high"}


def _columns(first: dict[str, str], value: str, banded: bool) -> dict[str, str]:
    more = {"standard_error": "1", "low": "1", "high": "1"} if banded else {}
    return first | {value: "1"} | more


def _evidence(evidence: dict[tuple[int, int], Json]) -> list[Json]:
    units = {
        "dictionary": "", "data": "", "nonzeros": "coefficients", "standard_error": "coefficients", "energy": "1",
        "least_energy": "1", "median_inner": "1", "inner_90": "1", "coherence": "1", "coherence_floor": "1",
    }  # fmt: skip
    inner = {"columns": "", "inner_product": "1", "share_below": "1"}
    return [
        {
            "name": "purification_sparse_codes", "title": "Sparse codes of patches of two photographs",
            "columns": list(units), "units": units,
            "rows": [[_named(*key), *row] for key, entry in evidence.items() for row in entry["rows"]],
            "note": "Codes by orthogonal matching pursuit up to 80 % of the energy of each patch of the testing part. "
            "Photographs are sparse as far as they need fewer coefficients than a normal law with the same second "
            "moments. Inner products are absolute values over pairs of columns; no columns of mean 0 have a coherence "
            "below the floor.",
        },
        {
            "name": "purification_inner_products", "title": "Inner products of the columns of the dictionaries",
            "columns": list(inner), "units": inner,
            "rows": [
                [f"{_named(*key)}, {kind}", value, share]
                for key, entry in evidence.items()
                for kind, values in entry["inner"].items()
                for value, share in zip(values, entry["shares"], strict=True)
            ],
            "x": "inner_product", "y": "share_below", "series": "columns",
            "note": "Share of pairs with |<M_i, M_j>| below a value; random columns have the same number and mean 0.",
        },
    ]  # fmt: skip


def _patches(key: tuple[int, int], entries: list[Json]) -> list[Json]:
    side, codes = key
    name, title = f"{side}x{side}_{codes}", _named(*key)
    networks = [n for n in entries[0]["accuracies"] if n != "start"]
    rows = []
    for network in networks:
        shares = [entry["accuracies"][network] for entry in entries if network in entry["accuracies"]]
        for points in zip(*shares, strict=True):
            rows.append([network, points[0][0], *_mean([share for _, share in points])])
    whole = all(set(entry["accuracies"]) == set(entries[0]["accuracies"]) for entry in entries)
    rows, band = _banded(rows, len(entries) if whole else 1)
    lost = sum(len(entry["collapsed"]) for entry in entries)
    units = _columns({"network": "", "radius": "length"}, "accuracy", bool(band))
    measured = list(entries[0]["measures"]["start"])
    made: list[Json] = [
        {
            "name": f"purification_patches_accuracy_{name}", "title": f"Robust accuracy on real features, {title}",
            "columns": list(units), "units": units, "rows": rows,
            "x": "radius", "y": "accuracy", "series": "network", **band,
            "note": f"{entries[0]['law']}; the columns of the dictionary are learned from photographs, the codes are "
            f"drawn from the law, w* is a random vector of signs. Seeds: {len(entries)}; band: one standard error, if "
            f"there are several. Attacked accuracies, on fresh points, are upper bounds. Runs that collapsed: {lost}.",
        },
        {
            "name": f"purification_patches_measures_{name}", "title": f"Purity of neurons on real features, {title}",
            "columns": ["network", "seed", *measured],
            "units": {"network": "", "seed": ""} | {m: "neurons" if m == "dead" else "1" for m in measured},
            "rows": [
                [network, number, *(values[m] for m in measured)]
                for number, entry in enumerate(entries) for network, values in entry["measures"].items()
            ],
            "note": MEASURED,
        },
    ]  # fmt: skip
    if "pictures" in entries[0]:
        made.append(_pictures(
            f"purification_patches_pictures_{name}", f"Neurons before and after adversarial training, {title}",
            entries[0]["pictures"], "cosine",
            "The neurons of largest norm after adversarial training, one per nearest column. Each picture has a colour "
            "scale of its own, symmetric about 0. Under it, |cos| with the nearest column of the dictionary.",
        ))  # fmt: skip
    return made


def _pictures(name: str, title: str, rows: list[Json], value: str, note: str) -> Json:
    side = isqrt(len(rows[0]["images"][0]))
    pixels = [f"pixel_{i}" for i in range(side)]
    return {
        "name": name, "title": title, "columns": ["row", "neuron", value, *pixels],
        "units": {"row": "", "neuron": "", value: "1"} | {pixel: "1" for pixel in pixels},
        "rows": [
            [row["row"], neuron, shown, *line]
            for row in rows
            for neuron, shown, image in zip(row["neurons"], row["values"], row["images"], strict=True)
            for line in np.asarray(image).reshape(side, side).tolist()
        ],
        "kind": "pictures", "x": "neuron", "y": "row", "value": value, "pixels": pixels, "note": note,
    }  # fmt: skip


def _spectra(patches: dict[tuple[int, int], list[Json]], digits: Json | None) -> Json:
    rows: list[list[Any]] = []
    for key, entries in patches.items():
        for network in ("adversarial, from the clean network", "adversarial, same start"):
            shares = [entry["spectrum"][network] for entry in entries if network in entry["spectrum"]]
            if shares:
                mean = np.mean(shares, axis=0).tolist()
                rows += [[f"{_named(*key)}, {network}", r + 1, share] for r, share in enumerate(mean)]
    if digits:
        rows += [["digits, from the clean network", r + 1, s] for r, s in enumerate(digits["spectrum"])]
    units = {"update": "", "directions": "singular directions", "energy": "1"}
    return {
        "name": "purification_update_spectrum", "title": "Directions of the update by adversarial training",
        "columns": list(units), "units": units, "rows": rows, "x": "directions", "y": "energy", "series": "update",
        "note": "Share of |W_adversarial - W_clean|^2 in the leading singular directions, mean over seeds. A later "
        "version of the paper, known here by its abstract alone, trains adversarially by updates of low rank.",
    }  # fmt: skip


def _digits(entry: Json) -> list[Json]:
    seeds, radius = len(entry["seeds"]), entry["radius"]
    stated = f"Seeds {entry['seeds'][0]} to {entry['seeds'][-1]}, each with its own split 1200/597, start and batches"
    rows = [[n, t, *_mean(values)] for n, shares in entry["accuracies"].items() for t, values in shares]
    rows, band = _banded(rows, seeds)
    units = _columns({"network": "", "radius": "length"}, "accuracy", bool(band))
    names = ("trained at this rank", "full update, cut to this rank", "full update", "clean")
    flat = [dict((t, v) for t, v in entry["accuracies"][n])[radius] for n in reversed(entry["accuracies"])]
    ranked = [
        [name, rank, *_mean(values)]
        for rank, trained, cut in entry["ranks"]
        for name, values in zip(names, (trained, cut, *flat), strict=True)
    ]
    ranked, rank_band = _banded(sorted(ranked, key=lambda row: (names.index(row[0]), row[1])), seeds)
    rank_units = _columns({"update": "", "rank": "directions"}, "accuracy", bool(rank_band))
    cosine_units = {"networks": "", "neurons": "", "cosine": "1", "standard_error": "1"}
    shape_units = {"network": "", "active": "1", "norm": "1", "roughness": "1", "kurtosis": "1"}
    return [
        {
            "name": "purification_digits_accuracy", "title": "Robust accuracy on digits (parity)",
            "columns": list(units), "units": units, "rows": rows,
            "x": "radius", "y": "accuracy", "series": "network", **band,
            "note": f"{stated}; points have mean length 1. Band: one standard error. Attacks are upper bounds.",
        },
        {
            "name": "purification_digits_rank", "title": f"Robust accuracy on digits at radius {radius} against rank",
            "columns": list(rank_units), "units": rank_units, "rows": ranked,
            "x": "rank", "y": "accuracy", "series": "update", "log": "x", **rank_band,
            "note": f"{stated}. The first layer moves by U V^T from the clean one; its biases are free. Cut: the best "
            "approximation of that rank of the full update.",
        },
        {
            "name": "purification_digits_cosines", "title": "Correlations of neurons on digits",
            "columns": list(cosine_units), "units": cosine_units,
            "rows": [
                [pair, kind, *_mean(values)]
                for pair, both in entry["cosines"].items()
                for kind, values in zip(("all", "active in both"), both, strict=True)
            ],
            "note": f"{stated}. Mean of cos(w_i, w_i') over neurons, then over seeds with its standard error. A neuron "
            "that no training point activates no longer moves and counts as equal: the mean over all overstates how "
            "much of the clean network is kept. Active: in the clean and in the adversarially trained network.",
        },
        {
            "name": "purification_digits_shape", "title": "Do neurons on digits look cleaner?",
            "columns": list(shape_units), "units": shape_units,
            "rows": [[n, *(_mean(s[key])[0] for key in list(shape_units)[1:])] for n, s in entry["shape"].items()],
            "note": f"{stated}. {SHAPED}",
        },
        _pictures(
            "purification_digits_pictures", "Neurons on digits before and after adversarial training",
            entry["pictures"], "roughness",
            "The neurons that adversarial training moved furthest, first seed. Each picture has a colour scale of its "
            "own, symmetric about 0. Under it, its roughness: 1 for white noise, 0 for a constant.",
        ),
    ]  # fmt: skip
