"""Certificates to attack: honest ones of every kind, and the means to forge them while the digest fits.

The KKT points and dual vectors are found here with numpy and scipy alone, from published reference numbers, so that
nothing in this file leans on the library's own finders.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from scipy.optimize import linprog, minimize

from verifiers import certificates as c

Edit = Callable[[dict[str, Any]], None]
META: dict[str, Any] = {"statement": "kkt_margin.oracle", "version": 1, "instance": "0" * 64}


def sign_data(n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Reproducible +-1 points and alternating labels."""
    state, entries = 1, []
    for _ in range(n * d):
        state = 48271 * state % (2**31 - 1)
        entries.append(1 if state > 1073741823 else -1)
    return np.array(entries).reshape(n, d), np.array([1, -1] * (n // 2))


def newton_box(gram: np.ndarray, labels: np.ndarray, bias: bool, signs: list[int], pattern: np.ndarray,
               multipliers: list[float], masses: list[float], shares: list[float]) -> dict[str, Any]:
    """Polish a KKT point in float64; `shares` are the sigma' of the kinks, a zero multiplier is outside the support.

    Returns the arguments of `kkt_point_box`.
    """
    n, width = len(labels), len(signs)
    lifted = gram + float(bias)
    held = np.flatnonzero(multipliers)
    kinks = [(k, i) for k in range(width) for i in range(n) if pattern[k][i] == 0]
    start = np.array([*(multipliers[i] for i in held), *masses,
                      *(s * multipliers[i] for s, (_, i) in zip(shares, kinks, strict=True))])

    def system(x: np.ndarray) -> np.ndarray:
        full = np.zeros(n)
        full[held] = x[:len(held)]
        table = np.where(pattern == 1, full, 0.0)
        for value, (k, i) in zip(x[len(held) + width:], kinks, strict=True):
            table[k, i] = value
        images = (table * labels) @ lifted
        norms = np.einsum("kl,kl->k", table * labels, images) - 1
        values = labels * ((pattern == 1) * images * x[len(held):len(held) + width, None]).sum(0) - 1
        return np.concatenate([norms, values[held], [images[k, i] for k, i in kinks]])

    def jacobian(x: np.ndarray) -> np.ndarray:
        # central differences are exact for a quadratic system
        steps = np.diag(np.abs(x))
        pairs = zip(steps, np.abs(x), strict=True)
        return np.column_stack([(system(x + step) - system(x - step)) / (2 * size) for step, size in pairs])

    for _ in range(20):
        start = start - np.linalg.solve(jacobian(start), system(start))
    return {"signs": signs, "pattern": pattern, "support": [value > 0 for value in multipliers],
            "multipliers": start[:len(held)], "masses": start[len(held):len(held) + width],
            "kinks": start[len(held) + width:], "inverse": np.linalg.inv(jacobian(start)),
            "radius": Fraction(1, 10**8)}


def dual_vectors(gram: np.ndarray, labels: np.ndarray, bias: bool, t: float) -> dict[str, Any]:
    """Supersolution and dual vectors of the linear programs of all samples. Arguments of `all_kkt_points_flipped`."""
    n = len(labels)
    lifted = gram + float(bias)
    rows = np.outer(labels, labels) * lifted
    heights = labels * (gram @ labels)
    own = np.equal.outer(labels, labels)
    off = ~np.eye(n, dtype=bool)

    def place(same: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Coefficients of A_l^{y_i} and A_l^{-y_i} as coefficients of (own, cross)."""
        return np.hstack([np.where(own, same, other), np.where(own, other, same)])

    minus = np.maximum(-rows, 0) * off
    diagonal = np.tile(np.diag(lifted), 2)
    system = np.eye(2 * n) - np.vstack([place(minus, minus), place(0 * minus, minus)]) / diagonal[:, None]
    target = np.concatenate([np.ones(n), np.full(n, 1e-9)]) / diagonal
    upper = np.linalg.solve(system, target) * (1 + 1e-9)
    lower = 1 - (place(np.maximum(rows, 0) * off, 0 * rows) @ upper)
    families = {"U": place(rows, -minus), "L": -place(np.maximum(rows, 0), 0 * rows),
                "L'": -place(np.maximum(rows, 0), rows), "X": place(0 * rows, np.diag(np.diag(lifted)) - minus)}
    matrix = np.vstack(list(families.values()))
    right = np.repeat([1.0, -1.0, -1.0, 0.0], n)
    right[:n] = np.where(lower > 0, right[:n], np.inf)
    duals: dict[str, list[np.ndarray]] = {key: [] for key in families}
    bounds = []
    for i in range(n):
        gain = rows[i] - t * heights
        objective = place(np.maximum(gain, 0)[None].repeat(n, 0), gain[None].repeat(n, 0))[i]
        scale = lifted[0, 0]  # entries of A are about 1 / |x|^2
        solved = linprog(-objective / scale, matrix[np.isfinite(right)] / scale, right[np.isfinite(right)],
                         bounds=[(0, v) for v in upper * scale], method="highs")
        bounds.append(-solved.fun)
        marginals = np.zeros(4 * n)
        marginals[np.isfinite(right)] = np.maximum(-solved.ineqlin.marginals, 0)
        for number, key in enumerate(families):
            duals[key].append(marginals[number * n:(number + 1) * n])
    return {"upper": upper, "support_proved": lower > 0, "duals": duals, "bounds": bounds}


# ---------------------------------------------------------------------------------------------- honest certificates

ORTHOGONAL = c.data_block([1, 1, 1, -1, -1], False, points=3 * np.eye(5, 9, dtype=int))
MERGED_ROWS = [[1, 1, 1, 0, 0], [0, 0, 0, 1, 1]]
NINTH = Fraction(1, 9)


@cache
def orthogonal_merged() -> dict[str, Any]:
    """Three and two orthogonal samples of norm 3, one neuron per class: t0 = 1/5, t1 = 1/2, kinks with sigma' = 0."""
    bounds = [c.flipped(Fraction(1, 5) + Fraction(1, 10**12)), c.flipped(Fraction(1, 2), -1, "<="), c.margin_one(),
              c.multiplier_sum(">", "1.048754789980"), c.multiplier_sum("<", "1.048754789982"),
              c.multiplier(4, "<", "0.2357022605"), c.value([Fraction(1, 2), 0, 0, 0, 0], "==", Fraction(1, 2))]
    return c.kkt_point_exact(ORTHOGONAL, signs=[1, -1], rows=MERGED_ROWS, masses=[NINTH] * 2, conclusions=bounds,
                             **META)


@cache
def orthogonal_singles() -> dict[str, Any]:
    """One neuron per sample on the same data: lambda = 1/3, t0 = 1/3 on positives and 1/4 on negatives."""
    bounds = [c.flipped("0.3333333333334"), c.flipped("0.2500000000001", samples=[3, 4]), c.multiplier(2, "==", "1/3"),
              c.flipped(Fraction(2, 3), -1, "<="), c.multiplier_sum("==", Fraction(5, 3))]
    return c.kkt_point_exact(ORTHOGONAL, signs=[1, 1, 1, -1, -1], rows=np.eye(5, dtype=int), masses=[NINTH] * 5,
                             conclusions=bounds, **META)


@cache
def two_points(acute: bool = True) -> dict[str, Any]:
    """Norm 2, correlation +-1/2, one per class: sigma' = 1/2 at the kinks, or none; the midpoint is the flip."""
    rows = [[2, 1], [1, 2]] if acute else [[1, 0], [0, 1]]
    data = c.data_block([1, -1], False, gram=[[4, 2], [2, 4]] if acute else [[4, -2], [-2, 4]])
    mass = Fraction(1, 6) if acute else Fraction(1, 4)
    bounds = [c.flipped("0.5000000001"), c.margin_one(),
              c.multiplier_sum("<", "1.154700538380" if acute else "1.000000000001")]
    return c.kkt_point_exact(data, signs=[1, -1], rows=rows, masses=[mass] * 2, conclusions=bounds, **META)


@cache
def box4() -> dict[str, Any]:
    """n = 4, d = 256 without bias, one neuron per class: t0 = 1/4 exactly, all four cross pairs are kinks."""
    points, labels = sign_data(4, 256)
    pattern = np.array([[1, 0, 1, 0], [0, 1, 0, 1]])
    found = newton_box((points @ points.T).astype(float), labels, False, [1, -1], pattern,
                       [.0432697023, .0431628799, .0439243970, .0426165620], [.0871940993, .0857794419],
                       [.1488351304, .0285819699, .0809882591, .0970739388])
    bounds = [c.flipped("0.250000001"), c.flipped("0.500000001", -1), c.margin_one(),
              c.multiplier_sum(">", "0.172973541139"), c.multiplier_sum("<", "0.172973541141")]
    return c.kkt_point_box(c.data_block(labels, False, points=points), conclusions=bounds, **found, **META)


@cache
def box6() -> dict[str, Any]:
    """n = 6, d = 1024 with bias, three neurons on {2}, {0, 4}, {1, 3, 5}: t0 = .2527629122."""
    points, labels = sign_data(6, 1024)
    pattern = np.array([[-1, 0, 1, -1, -1, 0], [1, -1, -1, -1, 1, 0], [0, 1, -1, 1, -1, 1]])
    found = newton_box((points @ points.T).astype(float), labels, True, [1, 1, -1], pattern,
                       [.02196994, .01817071, .03123743, .01791328, .02191528, .01861345],
                       [.0312374336, .0438852217, .0546974404], [.00565294, .02144085, .06447178, .00066448])
    bounds = [c.flipped("0.2527629123"), c.margin_one(), c.multiplier_sum(">", "0.129820095735"),
              c.multiplier_sum("<", "0.129820095737")]
    return c.kkt_point_box(c.data_block(labels, True, gram=points @ points.T), conclusions=bounds, **found, **META)


OUTSIDE = [[10, -4, 4, -1], [-4, 10, 4, -1], [4, 4, 10, -1], [-1, -1, -1, 10]]


@cache
def outside_exact() -> dict[str, Any]:
    """Sample 2 has N = 4/3 > 1 and no multiplier: not every sample is a support vector."""
    data = c.data_block([1, 1, 1, -1], False, gram=OUTSIDE)
    return c.kkt_point_exact(data, signs=[1, -1], rows=[[1, 1, 0, 0], [0, 0, 0, 1]], masses=["1/6", "1/10"],
                             conclusions=[c.value([0, 0, 1, 0], "==", "4/3"), c.multiplier(2, "==", 0)], **META)


@cache
def outside_box() -> dict[str, Any]:
    """The same point by its square roots."""
    pattern = np.array([[1, 1, 1, -1], [-1, -1, -1, 1]])
    found = newton_box(np.array(OUTSIDE, dtype=float), np.array([1, 1, 1, -1]), False, [1, -1], pattern,
                       [12**-.5, 12**-.5, 0, 10**-.5], [12**.5 / 6, 10**-.5], [])
    data = c.data_block([1, 1, 1, -1], False, gram=OUTSIDE)
    return c.kkt_point_box(data, conclusions=[c.value([0, 0, 1, 0], ">", "1.3333333333")], **found, **META)


@cache
def all6(**claim: Any) -> dict[str, Any]:
    """The same data at t = 17/60: every KKT point has y N <= -0.025093 at every perturbed sample."""
    points, labels = sign_data(6, 1024)
    gram = points @ points.T
    t = claim.pop("t", Fraction(17, 60))
    found = dual_vectors(gram.astype(float), labels, True, float(t))
    found.pop("bounds")
    claim = {"level": "-0.025093", "relation": "<=", "every_larger_t": True, **claim}
    return c.all_kkt_points_flipped(c.data_block(labels, True, gram=gram), t=t, **found, **claim, **META)


def all6_simple(kind: str) -> dict[str, Any]:
    """Claims about all KKT points that need the supersolution alone."""
    points, labels = sign_data(6, 1024)
    found = dual_vectors((points @ points.T).astype(float), labels, True, 17 / 60)
    data = c.data_block(labels, True, points=points)
    if kind == "support":
        return c.all_kkt_points_support(data, upper=found["upper"], **META)
    return c.all_kkt_points_radius(data, upper=found["upper"], lower_squared=100, **META)


def cell_duals(pre: np.ndarray, gram: np.ndarray, outputs: np.ndarray, label: int) -> list[tuple[list[int], Any]]:
    """Multipliers for every activation cell: nu >= 0 maximising the squared distance (t . pre)^2 / (t gram t)."""
    width, cells = len(pre), []
    for active in itertools.product([False, True], repeat=width):
        on = np.array(active)
        basis = np.vstack([np.diag(np.where(on, -1.0, 1.0)), label * outputs * on])
        small = minimize(lambda nu, b=basis: (nu @ b) @ gram @ (nu @ b) / 2 - (nu @ b) @ pre, np.ones(width + 1),
                         jac=lambda nu, b=basis: b @ (gram @ (nu @ b) - pre), bounds=[(0, 1e6)] * (width + 1),
                         options={"ftol": 1e-15, "gtol": 1e-12})
        cells.append(([int(k) for k in np.flatnonzero(on)], np.maximum(small.x, 0)))
    return cells


@cache
def radius_merged(lower: str = "1.7999999", upper: Fraction = Fraction(9, 5)) -> dict[str, Any]:
    """Radius at sample 0 of the orthogonal merged point: |u| / 5, squared 9/5, with the flip along u as witness."""
    network = c.merged_network(ORTHOGONAL, [1, -1], MERGED_ROWS, [NINTH] * 2)
    cells = cell_duals(np.array([9.0, 0.0]), np.array([[27.0, 0.0], [0.0, 18.0]]), np.array([1 / 9, -1 / 9]), 1)
    witness = [Fraction(-y, 5) for y in ORTHOGONAL["labels"]]
    return c.robust_radius(network, sample=0, lower_squared=lower, upper_squared=upper, cells=cells,
                           combination=witness, **META)


@cache
def radius_raw() -> dict[str, Any]:
    """relu(x_1 - 1/4) - relu(x_2 - 1/4) at (1, 0): the Lipschitz bound 3/4 / sqrt(2), a witness on the diagonal."""
    network = c.raw_network([[1, 0], [0, 1]], ["-1/4", "-1/4"], [1, -1],
                            c.data_block([1, -1], True, points=[[1, 0], [0, 1]]))
    return c.robust_radius(network, sample=0, lower_squared=Fraction(9, 32), upper_squared=Fraction(1, 2),
                           method="lipschitz", vector=["-1/2", "1/2"], **META)


@cache
def values_merged() -> dict[str, Any]:
    """Values of the orthogonal merged network at combinations of samples."""
    network = c.merged_network(ORTHOGONAL, [1, -1], MERGED_ROWS, [NINTH] * 2)
    return c.network_values(network, [(0, "==", 1), (1, "==", "-1/2"), (1, "<", 0)],
                            combinations=[[1, 0, 0, 0, 0], [0, 0, 0, "1/4", "1/4"]], **META)


@cache
def values_raw() -> dict[str, Any]:
    """A network given by weights, at points."""
    network = c.raw_network([[1, 2], [3, "-1/2"]], None, [1, -2])
    return c.network_values(network, [(0, "==", "-13/10"), (1, ">=", "2"), (1, "<=", "2")],
                            points=[["1/5", "-1/10"], [0, 1]], **META)


@cache
def interval(strict: bool = True) -> dict[str, Any]:
    """sqrt(max(d, 2)) - 7/5 + |r| / d^2 on a box."""
    expression = ("+", ("-", ("sqrt", ("max", "d", 2)), Fraction(7, 5)), ("/", ("abs", "r"), ("**", "d", 2)))
    ranges = {"d": (Fraction(1, 2), 3), "r": (-1, Fraction(1, 3))}
    return c.interval_positivity(expression, ranges, strict=strict, **META)


@cache
def implication(relation: str = ">=") -> dict[str, Any]:
    """x >= 1 implies x^2 >= 1; for the strict form x > 1 implies x^2 > 1."""
    one, shifted = {(0,): 1}, {(1,): 1, (0,): -1}
    if relation == ">=":
        terms: list[Any] = [([], [(1, shifted)]), ([0], [(2, one)]), ([1], [(1, one)])]
        return c.polynomial_implication(["x"], [(shifted, ">=")], {(2,): 1, (0,): -1}, terms, **META)
    return c.polynomial_implication(["x"], [(shifted, ">")], {(2,): 1, (0,): -1},
                                    [([], [(1, shifted)]), ([0], [(2, one)]), ([1], [(1, one)])], relation=">", **META)


@cache
def implication_equation() -> dict[str, Any]:
    """x y = 1 and x > 0 imply y > 0: negated, -y >= 0; x (-y) + (x y - 1) + 1 = 0."""
    facts = [({(1, 1): 1, (0, 0): -1}, "=="), ({(1, 0): 1}, ">")]
    one = {(0, 0): 1}
    return c.polynomial_implication(["x", "y"], facts, {(0, 1): 1},
                                    [([1, 2], [(1, one)]), ([0], one), ([], [(1, one)])], relation=">", **META)


@cache
def contradiction() -> dict[str, Any]:
    """x > 0 and -x > 0 imply x >= 0, by x + (-x) = 0 with the negated conclusion -x > 0."""
    plus, minus, one = {(1,): 1}, {(1,): -1}, {(0,): 1}
    return c.polynomial_implication(["x"], [(plus, ">"), (minus, ">")], plus, [([2], [(1, one)]), ([0], [(1, one)])],
                                    **META)


def accepted() -> dict[str, dict[str, Any]]:
    """Honest certificates of all kinds, by name."""
    return {
        "orthogonal_merged": orthogonal_merged(), "orthogonal_singles": orthogonal_singles(), "acute": two_points(),
        "obtuse": two_points(False), "outside_exact": outside_exact(), "outside_box": outside_box(), "box4": box4(),
        "box6": box6(), "all6": all6(), "all6_unsigned": all6(level=0, relation="<", every_larger_t=False),
        "all6_some": all6(t=Fraction(3, 10)), "all6_support": all6_simple("support"),
        "all6_radius": all6_simple("radius"), "radius_merged": radius_merged(), "radius_raw": radius_raw(),
        "values_merged": values_merged(), "values_raw": values_raw(), "interval": interval(),
        "interval_weak": interval(False), "implication": implication(), "implication_strict": implication(">"),
        "implication_equation": implication_equation(), "contradiction": contradiction(),
    }


# ---------------------------------------------------------------------------------------------- forgeries


def forge(certificate: dict[str, Any], edit: Edit) -> dict[str, Any]:
    """A copy after `edit`, with the digest computed anew."""
    copied = copy.deepcopy(certificate)
    edit(copied)
    return c.seal(copied)


def put(path: str, value: Any) -> Edit:
    """Set the entry at a path such as ``payload/exact/rows/num/0/1``; a function is applied to the old entry."""
    def edit(certificate: dict[str, Any]) -> None:
        *inner, last = [int(step) if step.lstrip("-").isdigit() else step for step in path.split("/")]
        node: Any = certificate
        for step in inner:
            node = node[step]
        node[last] = value(node[last]) if callable(value) else value
    return edit


def both(*edits: Edit) -> Edit:
    """All edits in turn."""
    def edit(certificate: dict[str, Any]) -> None:
        for part in edits:
            part(certificate)
    return edit


def add(amount: int) -> Callable[[str], str]:
    """Add to an integer in hex."""
    return lambda text: hex(int(text, 16) + amount)


def scale(numerator: int, denominator: int = 1) -> Callable[[str], str]:
    """Multiply an integer in hex, rounding down."""
    return lambda text: hex(int(text, 16) * numerator // denominator)


def drop(path: str, index: int) -> Edit:
    """Delete an entry of a list."""
    return put(path, lambda entries: entries[:index] + entries[index + 1:])


def kink_to_off(certificate: dict[str, Any]) -> None:
    """In the box of `box6`, declare the last kink off and shorten the system accordingly."""
    payload = certificate["payload"]
    box = payload["box"]
    payload["pattern"][2][0] = -1
    for entries in (box["mu"]["num"], box["weights"]["num"], box["inverse"]["num"], *box["inverse"]["num"]):
        entries.pop()


def support_to_outside(certificate: dict[str, Any]) -> None:
    """In the box of `outside_box`, declare the first support sample outside and shorten the system accordingly."""
    payload = certificate["payload"]
    box = payload["box"]
    payload["support"][0] = False
    for entries in (box["lambda"]["num"], box["weights"]["num"], box["inverse"]["num"]):
        del entries[0]
    for row in box["inverse"]["num"]:
        del row[2]


def rational(path: str, value: str | int) -> Edit:
    """Set a rational of the certificate."""
    return put(path, c.rational_to_json(value))


def gram_entry(i: int, j: int, change: Callable[[str], str] | str) -> Edit:
    """Change an off-diagonal entry of the Gram matrix, and its mirror."""
    return both(put(f"payload/gram/num/{i}/{j}", change), put(f"payload/gram/num/{j}/{i}", change))


def wipe(table: list[list[str]]) -> list[list[str]]:
    """A table of zeros."""
    return [["0x0"] * len(row) for row in table]
