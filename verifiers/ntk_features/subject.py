"""What is measured: kernels on data in balls, exact spectra, angles, matrices; each part on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property, partial
from itertools import combinations
from typing import Any

import numpy as np

from constructions.instance import fractions_of
from constructions.ntk_features import KernelPredictor
from constructions.ntk_features import instance as built
from verifiers.arithmetic import _flint, balls, precision, rationals
from verifiers.errors import MissingPart, NoCertificate
from verifiers.ntk_features.recursion import BITS, Recursion
from verifiers.ntk_features.spectrum import Spectrum, positive_pivots, spectrum
from verifiers.quantity import Catalogue, Enclosure, Measurements

LARGEST = 160
"""Points up to which a kernel is enclosed in balls: 13 000 pairs take half a second."""


class KernelSubject:
    """Data, kernel and predictor: kernels in balls of `BITS` bits, everything else from them."""

    def __init__(self, instance: built.KernelInstance) -> None:
        self.instance = instance
        self.recursion = Recursion.of(instance)
        self.tangent = bool(int(instance.kind))
        self.n = len(instance.points)
        if self.n > LARGEST:
            raise MissingPart(f"kernels are enclosed for at most {LARGEST} points, this instance has {self.n}")
        self._pairs: dict[tuple[Any, Any, Any], tuple[Any, Any]] = {}

    @cached_property
    def points(self) -> np.ndarray:
        """Rational points (n, d)."""
        return rationals(fractions_of(self.instance.points))

    @cached_property
    def labels(self) -> np.ndarray:
        """Rational labels (n,)."""
        return rationals(fractions_of(self.instance.labels))

    @cached_property
    def queries(self) -> np.ndarray:
        """Rational queries (m, d). Raises `MissingPart` without them."""
        if self.instance.queries is None:
            raise MissingPart("this instance has no queries; give points at which the predictor is looked at")
        return rationals(fractions_of(self.instance.queries))

    @cached_property
    def coincident(self) -> np.ndarray:
        """Which queries are which points, bool (m, n)."""
        return np.asarray([[bool((x == other).all()) for other in self.points] for x in self.queries])

    @cached_property
    def gram(self) -> np.ndarray:
        """<x_i, x_j>, rational (n, n)."""
        return np.asarray(self.points @ self.points.T)

    def kernels(self, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """NNGP and NTK between rational points, object arrays of balls; equal triples are computed once."""
        products = first @ second.T
        left, right = ((part * part).sum(axis=1) for part in (first, second))
        out = np.empty((2, len(first), len(second)), dtype=object)
        with precision(BITS):
            for i, r in enumerate(left):
                for j, p in enumerate(right):
                    key = (products[i, j], r, p) if r >= p else (products[i, j], p, r)
                    if key not in self._pairs:
                        self._pairs[key] = self.recursion.pair(*key)
                    out[0, i, j], out[1, i, j] = self._pairs[key]
        return out[0], out[1]

    def kernel_between(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The instance's own kernel between rational points."""
        return self.kernels(first, second)[self.tangent]

    @cached_property
    def kernel(self) -> np.ndarray:
        """The kernel of the points, balls (n, n)."""
        return self.kernel_between(self.points, self.points)

    @cached_property
    def cross(self) -> np.ndarray:
        """The kernel between queries and points, balls (m, n)."""
        return self.kernel_between(self.queries, self.points)

    @cached_property
    def alpha(self) -> np.ndarray:
        """Coefficients of the predictor, balls (n,). Raises `NoCertificate` where the kernel may be singular."""
        given = self.instance.coefficients
        if given is not None:
            return balls(rationals(fractions_of(given)))
        flint, labels = _flint(), balls(self.labels)
        with precision(BITS):
            if self.instance.time is not None:
                factor = flint.arb(-1) * balls(rationals(Fraction(self.instance.number("time"))))[()]
                decay = flint.arb_mat((self.kernel * factor).tolist()).exp()
                labels = labels - np.array(decay.tolist(), dtype=object) @ labels
                return self._solve(self.kernel, labels)
            shift = balls(rationals(self.instance.number("ridge")))[()]
            return self._solve(self.kernel + np.diag([shift] * self.n), labels)

    @cached_property
    def floats(self) -> KernelPredictor:
        """The predictor in float64, for attacks to search with. Raises `LinAlgError` where the kernel is singular."""
        return self.instance.predictor()

    def _solve(self, matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
        """matrix^(-1) right for a vector (n,) or columns (n, c)."""
        flint = _flint()
        columns = right.reshape(self.n, -1)
        try:
            found = flint.arb_mat(matrix.tolist()).solve(flint.arb_mat(columns.tolist()))
        except ZeroDivisionError:
            raise NoCertificate(self._singular()) from None
        return np.array(found.tolist(), dtype=object).reshape(right.shape)

    def _singular(self) -> str:
        zero = [i for i in range(self.n) if self.gram[i, i] == 0]
        if zero and self.recursion.bias == 0:
            return f"the kernel is singular: point {zero[0]} is 0, where it vanishes; remove the point or add a ridge"
        twins = self.parallel
        if twins:
            i, j = twins[0]
            return f"the kernel is singular or nearly so: points {i} and {j} are parallel; remove one or add a ridge"
        return "the kernel is singular, or too close to it for the precision; add a ridge"

    @cached_property
    def parallel(self) -> list[tuple[int, int]]:
        """Pairs of points (i, j) on one line through 0."""
        g = self.gram
        return [(i, j) for i, j in combinations(range(self.n), 2) if g[i, j] ** 2 == g[i, i] * g[j, j]]

    @cached_property
    def values(self) -> np.ndarray:
        """f at the queries, balls (m,)."""
        with precision(BITS):
            return np.asarray(self.cross @ self.alpha)

    @cached_property
    def fitted(self) -> np.ndarray:
        """f at the points, balls (n,)."""
        with precision(BITS):
            return np.asarray(self.kernel @ self.alpha)

    @cached_property
    def norm_sq(self) -> Any:
        """|f|_H^2 = alpha^T K alpha, a ball."""
        with precision(BITS):
            return self.alpha @ self.kernel @ self.alpha

    def distances_sq(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """d_K^2 between rational points, balls."""
        cross = self.kernel_between(first, second)
        own = [[self.recursion.diagonal(x @ x)[self.tangent] for x in part] for part in (first, second)]
        left, right = (np.array(entries, dtype=object) for entries in own)
        with precision(BITS):
            return np.asarray(balls(left)[:, None] + balls(right)[None, :] - 2 * cross)

    @cached_property
    def spectrum(self) -> Spectrum:
        """Eigenvalues and P_c y."""
        with precision(BITS):
            return spectrum(self.kernel, balls(self.labels))

    @cached_property
    def pivots(self) -> list[Any]:
        """Pivots of the kernel of the points."""
        with precision(BITS):
            return positive_pivots(self.kernel)

    @cached_property
    def feature_coefficients(self) -> np.ndarray:
        """K^(-1) P_c y, balls (c, n)."""
        with precision(BITS):
            return self._solve(self.kernel, np.array(self.spectrum.parts, dtype=object).T).T

    def gradients(self) -> np.ndarray:
        """Input gradients of f at the queries, balls (m, d)."""
        found = []
        with precision(BITS):
            for x in self.queries:
                r, total = x @ x, [_flint().arb(0)] * len(x)
                for alpha, other in zip(self.alpha, self.points, strict=True):
                    _, by_s, by_r = self.recursion.slopes(x @ other, r, other @ other, self.tangent)
                    total = [a + alpha * (by_s * o + 2 * by_r * c) for a, o, c in zip(total, other, x, strict=True)]
                found.append(total)
        return np.array(found, dtype=object)


KINDS: dict[str, type] = {}
"""The kind of subject on which each quantity is measured."""

NAMES: dict[type, str] = {
    KernelSubject: "a kernel on data", built.SpectralInstance: "a kernel matrix given by its spectrum",
    built.MatrixPair: "a pair of kernel matrices", built.DistillInstance: "a student of mislabelled data",
    built.AngleInstance: "an interval of angles", built.TransferInstance: "values of a network and of a kernel",
    built.WidthInstance: "a network of finite width", built.StepInstance: "a gradient with perturbations",
    built.CircleInstance: "points on a circle",
}  # fmt: skip


def _subject(instance: Any) -> Any:
    if isinstance(instance, built.KernelInstance):
        return KernelSubject(instance)
    if not isinstance(instance, built.NtkInstance):
        raise MissingPart("this statement is about kernels of wide networks, which this instance is not")
    return instance


CATALOGUE = Catalogue(_subject)
"""Every quantity of ntk_features, filled by the modules `quantities_*` of this folder."""


def measures_on(kind: type) -> Callable[..., Callable]:
    """`CATALOGUE.measures` for one kind of subject; the others lack the part."""

    def declare(unit: str, doc: str, axes: tuple[str, ...] = (), name: str | None = None) -> Callable:
        def register(function: Callable[[Any], Enclosure]) -> Callable[[Any], Enclosure]:
            own = name or function.__name__
            KINDS[own] = kind
            CATALOGUE.measures(unit, doc, axes, own)(partial(_checked, kind, function))
            return function

        return register

    return declare


def _checked(kind: type, function: Callable[[Any], Enclosure], subject: Any) -> Enclosure:
    if not isinstance(subject, kind):
        raise MissingPart(f"this is measured on {NAMES[kind]}, not on {NAMES[type(subject)]}")
    with precision(BITS):
        return function(subject)


def measure(instance: Any, constants: Mapping[str, Fraction] | None = None) -> Measurements:
    """Lazy measurements of an ntk_features instance; no quantity depends on a constant of a claim."""
    return CATALOGUE.measure(instance, constants)
