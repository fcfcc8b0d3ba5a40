"""Statements whose least value is known in closed form, planted for the falsifier to find.

Each says ``value >= factor * least`` (or the like) on a space of its own. At ``factor = 1`` it is true and sharp; at
``factor = 1 + margin`` it is false by exactly that relative margin, at a place that is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from sympy import Eq, Rational, exp

from constructions.instance import Instance, exact_array, fractions_of
from constructions.space import Integer, Real, Reals, Seed, Space
from theorems.claim import Claim, constant, quantity
from theorems.statement import Conjecture, Family, Source, Statement
from verifiers.quantity import Catalogue, Enclosure, enclose, estimate

CATALOGUE = Catalogue()
FORMULAS: dict[str, Callable[..., Any]] = {}
factor = constant("factor", 1)


@dataclass(frozen=True, eq=False)
class Planted(Instance):
    """Real numbers x (k,), exactly, and whole numbers (m,)."""

    slug: ClassVar[str] = "planted"
    x: Any
    whole: Any


def planted(*wholes: str, reals: str | None = "x") -> Callable[..., Planted]:
    """The `build` of a space with these whole-number parameters and one real parameter."""

    def build(**point: Any) -> Planted:
        x = point.get(reals, ()) if reals else ()
        entries = x if isinstance(x, tuple) else (x,)
        return Planted(exact_array(list(entries)), np.array([point[name] for name in wholes], dtype=np.int64))

    return build


def _stack(x: Any = None, **wholes: int) -> dict[str, Any]:
    return {"x": None if x is None else (x[:, None] if x.ndim == 1 else x), "whole": tuple(wholes.values())}


class Batch(Mapping[str, np.ndarray]):
    """The formulas in floats on a batch x (B, k), computed on access."""

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        self._x = np.zeros((1, 0)) if arrays["x"] is None else arrays["x"]
        self._whole = arrays["whole"]

    def __getitem__(self, name: str) -> np.ndarray:
        found = np.asarray(FORMULAS[name](self._x, *self._whole), dtype=np.float64)
        return np.broadcast_to(found, (len(self._x), *found.shape[1:]))

    def __iter__(self) -> Iterator[str]:
        return iter(FORMULAS)

    def __len__(self) -> int:
        return len(FORMULAS)


def formula(name: str, axes: tuple[str, ...] = (), unit: str = "1") -> Callable[..., Any]:
    """Register f(x, *wholes), x (..., k): exact on fractions, fast on floats. Returns its symbol."""

    def register(function: Callable[..., Any]) -> Any:
        def measured(instance: Planted) -> Enclosure:
            return enclose(function(fractions_of(instance.x), *instance.whole.tolist()), axes)

        CATALOGUE.measures(unit, function.__doc__ or name, axes, name=name)(measured)
        FORMULAS[name] = function
        return quantity(name)

    return register


def conjecture(name: str, spaces: Any, then: Any, given: Any = (), fast: bool = True, **more: Any) -> Statement:
    return Conjecture(
        f"planted.{name}", title=name, source=Source("planted", "closed form", "derived"), given=tuple(given),
        then=tuple(then), measure=CATALOGUE.measure, catalogue=CATALOGUE, does_not_claim="Nothing else.",
        spaces=tuple(spaces), measure_batch=Batch if fast else None, **more,
    )  # fmt: skip


def bounded(name: str, space: Space, value: Any, least: Any = 1, given: Any = (), **more: Any) -> Statement:
    """value >= factor * least, which is sharp at factor 1."""
    return conjecture(name, (space,), (Claim("not below its least value", value >= factor * least),), given, **more)


def box(count: int, low: Any, high: Any) -> Space:
    """`count` real parameters."""
    name = f"box_{count}_{Fraction(low)}_{Fraction(high)}".replace("/", "_").replace("-", "m")
    return Space(name, {"x": Reals(low, high, lambda _: count)}, planted(), _stack)


def centre(count: int) -> list[Fraction]:
    """A place inside [-1, 1]^count, away from corners, middles and diagonals."""
    return [Fraction(3 * i % 11 - 5, 11) for i in range(1, count + 1)]


def _numbers(values: Any, x: np.ndarray) -> np.ndarray:
    """Fractions in the arithmetic of x."""
    return np.array(values, dtype=object if x.dtype == object else np.float64)


def _below(x: Any, bound: Any, low: Any, high: Any) -> Any:
    """`low` where x < bound, else `high`, entry by entry, in the arithmetic of x."""
    return np.where(np.asarray(x) < bound, *(_numbers(v, np.asarray(x)) for v in (low, high)))


# ---------------------------------------------------------------- whole numbers only


@formula("grid_value")
def grid_value(x: Any, a: int, b: int) -> Any:
    """1 + ((a - 37)^2 + (b - 11)^2)/1000, one hundredth and more above 1 but at (37, 11)."""
    return np.array([1 + Fraction((a - 37) ** 2 + (b - 11) ** 2, 1000)])[0 if x.dtype == object else slice(None)]


@formula("single_value")
def single_value(x: Any, n: int) -> Any:
    """1 at n = 73, else 2: no slope leads there."""
    return np.array([Fraction(1 if n == 73 else 2)])[0 if x.dtype == object else slice(None)]


@formula("pair_value")
def pair_value(x: Any, a: int, b: int) -> Any:
    """1 at (17, 29), else 2."""
    return np.array([Fraction(1 if (a, b) == (17, 29) else 2)])[0 if x.dtype == object else slice(None)]


grid = Space("grid", {"a": Integer(1, 60), "b": Integer(1, 60)}, planted("a", "b", reals=None), _stack)
sizes = Space("sizes", {"n": Integer(1, 100)}, planted("n", reals=None), _stack)
pairs = Space("pairs", {"a": Integer(1, 40), "b": Integer(1, 40)}, planted("a", "b", reals=None), _stack)
seeds = Space("seeds", {"n": Seed()}, planted("n", reals=None), _stack)


@formula("seed_value")
def seed_value(x: Any, n: int) -> Any:
    """1 at one seed in a hundred, else 2."""
    return np.array([Fraction(1 if n * 2654435761 % 2**32 % 100 == 37 else 2)])[0 if x.dtype == object else slice(None)]


whole_valley = bounded("whole_valley", grid, grid_value)
one_size = bounded("one_size", sizes, single_value)
one_pair = bounded("one_pair", pairs, pair_value)
one_seed = bounded("one_seed", seeds, seed_value)

# ---------------------------------------------------------------- one real parameter

line = Space("unit", {"x": Real(0, 1)}, planted(), _stack)


@formula("kink")
def kink(x: Any) -> Any:
    """1 + |x - 7/11|."""
    return 1 + abs(x[..., 0] - _numbers(Fraction(7, 11), x))


funnel = bounded("funnel", line, kink)


def _needle(width: Fraction) -> Statement:
    """2, but 1 on an interval of this length: no slope leads there."""
    name = f"needle_{width.denominator}"

    @formula(name)
    def value(x: Any) -> Any:
        """2, but 1 on a short interval about 7/11."""
        return _below(abs(x[..., 0] - _numbers(Fraction(7, 11), x)), width / 2, 1, 2)

    return bounded(name, line, value)


needle_100, needle_1000, needle_10000 = (_needle(Fraction(1, 10**k)) for k in (2, 3, 4))


@formula("curve")
def curve(x: Any) -> Any:
    """The parameter."""
    return x[..., 0]


tangent = conjecture(
    "tangent",
    (Space("around_zero", {"x": Real("-1/2", 1)}, planted(), _stack),),
    (Claim("exp above its tangent", exp(curve) >= factor * (1 + curve)),),
)

# ---------------------------------------------------------------- many real parameters


@formula("bowl")
def bowl(x: Any) -> Any:
    """1 + a quadratic form of condition a hundred and more about `centre`."""
    away = x - _numbers(centre(x.shape[-1]), x)
    weights = _numbers([Fraction(1 + 99 * i, 100 * x.shape[-1]) for i in range(x.shape[-1])], x)
    steps = away[..., 1:] - away[..., :-1]
    return 1 + (weights * away * away).sum(axis=-1) + (steps * steps).sum(axis=-1)


@formula("tilted")
def tilted(x: Any) -> Any:
    """2 - the mean of s_i x_i, s_i of mixed signs: 1 at the corner x = s."""
    signs = [1 if i * i % 7 in (1, 2) else -1 for i in range(x.shape[-1])]
    return 2 - (_numbers(signs, x) * x).sum(axis=-1) / x.shape[-1]


@formula("valley")
def valley(x: Any) -> Any:
    """1 + Rosenbrock's curved valley, least at x = (1, ..., 1)."""
    ahead, here = x[..., 1:], x[..., :-1]
    return 1 + (10 * (ahead - here * here) ** 2 + (1 - here) ** 2).sum(axis=-1)


@formula("wells")
def wells(x: Any) -> Any:
    """1 + mean of the lower of two parabolas per entry: 2^k minima, the others higher by 1/(16 k) and more."""
    away = x - _numbers(centre(x.shape[-1]), x)
    other = away + _numbers(Fraction(1, 2), x)
    lower = np.minimum(away * away, other * other + _numbers(Fraction(1, 16), x))
    return 1 + lower.sum(axis=-1) / x.shape[-1]


@formula("crease")
def crease(x: Any) -> Any:
    """1 + |2 x_0 - x_1 - 1/3| + |x_2 + x_3 - 1/7|: least on a set of codimension two, with a kink there."""
    first = 2 * x[..., 0] - x[..., 1] - _numbers(Fraction(1, 3), x)
    return 1 + abs(first) + abs(x[..., 2] + x[..., 3] - _numbers(Fraction(1, 7), x))


@formula("cell")
def cell(x: Any) -> Any:
    """2, but 1 on the cube of side 1/2 about `centre`: no slope leads there."""
    away = abs(x - _numbers(centre(x.shape[-1]), x))
    return _below(away.max(axis=-1), Fraction(1, 4), 1, 2)


bowl_6, bowl_15, bowl_45 = (bounded(f"bowl_{k}", box(k, -1, 1), bowl) for k in (6, 15, 45))
corner_6, corner_15, corner_45 = (bounded(f"corner_{k}", box(k, -1, 1), tilted) for k in (6, 15, 45))
valley_6, valley_15 = (bounded(f"valley_{k}", box(k, "-3/2", "5/2"), valley) for k in (6, 15))
wells_6, wells_15 = (bounded(f"wells_{k}", box(k, -1, 1), wells) for k in (6, 15))
crease_6, crease_15 = (bounded(f"crease_{k}", box(k, -1, 1), crease) for k in (6, 15))
cell_3, cell_6 = (bounded(f"cell_{k}", box(k, -1, 1), cell) for k in (3, 6))
slow_bowl = bounded("slow_bowl", box(6, -1, 1), bowl, fast=False)
slow_corner = bounded("slow_corner", box(6, -1, 1), tilted, fast=False)

# ---------------------------------------------------------------- the boundary of a hypothesis


@formula("length_sq")
def length_sq(x: Any) -> Any:
    """|x|^2."""
    return (x * x).sum(axis=-1)


@formula("along_sq")
def along_sq(x: Any) -> Any:
    """(sum s_i x_i)^2, s_i of mixed signs: at most k |x|^2."""
    signs = [1 if i * i % 7 in (1, 2) else -1 for i in range(x.shape[-1])]
    return (_numbers(signs, x) * x).sum(axis=-1) ** 2


@formula("count")
def count(x: Any) -> Any:
    """Number of entries."""
    return np.full(x.shape[:-1], x.shape[-1]) if x.ndim > 1 else x.shape[-1]


@formula("total")
def total(x: Any) -> Any:
    """Sum of the entries."""
    return x.sum(axis=-1)


@formula("edges", ("edge",))
def edges(x: Any) -> Any:
    """x_i + x_(i+1) around a ring."""
    return x + np.roll(x, 1, axis=-1)


@formula("from_centre_sq")
def from_centre_sq(x: Any) -> Any:
    """|x - centre|^2."""
    away = x - _numbers(centre(x.shape[-1]), x)
    return (away * away).sum(axis=-1)


@formula("first_from_centre")
def first_from_centre(x: Any) -> Any:
    """x_0 - centre_0."""
    return x[..., 0] - _numbers(centre(1)[0], x)


ball_6, ball_15, ball_45 = (
    conjecture(
        f"ball_{k}", (box(k, -1, 1),), (Claim("(sum s x)^2 <= k", along_sq * factor <= count),),
        (Claim("|x| <= 1", length_sq <= 1),),
    )
    for k in (6, 15, 45)
)  # fmt: skip
ring_7, ring_15 = (
    conjecture(
        f"ring_{k}", (box(k, 0, "3/2"),), (Claim("sum <= k/2", 2 * total * factor <= count),),
        (Claim("neighbours sum to at most 1", edges <= 1),),
    )
    for k in (7, 15)
)  # fmt: skip
near = Claim("within 1/1000 of the centre", from_centre_sq <= Rational(1, 10**6))
thin_2, thin_6 = (bounded(f"thin_{k}", box(k, -1, 1), 2 + 1000 * first_from_centre, given=(near,)) for k in (2, 6))

@formula("parts_sum")
def parts_sum(x: Any) -> Any:
    """x_0 + 2 x_1 + 2 x_2."""
    return x[..., 0] + 2 * x[..., 1] + 2 * x[..., 2]


plane = bounded("plane", box(3, -1, 1), length_sq, Rational(1, 9), (Claim("on a plane", Eq(parts_sum, 1)),))

# ---------------------------------------------------------------- ties, equalities, entries, sizes with reals


@formula("tie")
def tie(x: Any) -> Any:
    """(3 x_0 - 1)^2 + (2 x_1 - 1)^2: zero at (1/3, 1/2) alone."""
    return (3 * x[..., 0] - 1) ** 2 + (2 * x[..., 1] - 1) ** 2


strict_tie = conjecture("strict_tie", (box(2, -1, 1),), (Claim("positive", tie > 0),))
weak_tie = conjecture("weak_tie", (box(2, -1, 1),), (Claim("not negative", tie >= 0),))


@formula("doubled")
def doubled(x: Any) -> Any:
    """2 x_0."""
    return 2 * x[..., 0]


@formula("halfway")
def halfway(x: Any) -> Any:
    """x_0."""
    return x[..., 0]


half = Rational(1, 2)
edge_tie = conjecture("edge_tie", (line,), (Claim("above 1", doubled > 1),), (Claim("half", halfway >= half),))
inside_tie = conjecture("inside_tie", (line,), (Claim("above 1", doubled > 1),), (Claim("half", halfway > half),))


@formula("upper_part")
def upper_part(x: Any) -> Any:
    """max(x_0 - 9/10, 0)."""
    return np.maximum(x[..., 0] - _numbers(Fraction(9, 10), x), 0 * x[..., 0])


@formula("first")
def first(x: Any, *_: int) -> Any:
    """x_0."""
    return x[..., 0]


@formula("bent")
def bent(x: Any) -> Any:
    """min(x_0, 9/10)."""
    return np.minimum(x[..., 0], _numbers(Fraction(9, 10), x))


equality = conjecture(
    "equality", (box(6, 0, 1),), (Claim("equal", Eq(1 + first, 1 + bent + factor * upper_part)),)
)  # at x_0 = 1 the sides differ by (factor - 1)/10 of 2


@formula("each", ("entry",))
def each(x: Any, n: int) -> Any:
    """1 + (3 x_i - 1)^2 of each entry."""
    return 1 + (3 * x - 1) ** 2


@formula("shrinking")
def shrinking(x: Any, n: int) -> Any:
    """1 + 1/n + |x - 1/3|^2: its least value falls with n."""
    return 1 + _numbers(Fraction(1, n), x) + ((3 * x - 1) ** 2).sum(axis=-1) / 9


lists = Space("lists", {"n": Integer(1, 12), "x": Reals(-1, 1, lambda p: p["n"])}, planted("n"), _stack)
any_entry = bounded("any_entry", lists, each)
largest_size = bounded("largest_size", lists, shrinking, Rational(13, 12))
last_of_five = conjecture(
    "last_of_five", (lists,),
    (*(Claim(f"not below {bound}", each >= bound) for bound in (Rational(1, 2), Rational(3, 5), Rational(4, 5))),
     Claim("size", shrinking >= 1), Claim("not below its least value", each >= factor)),
)  # fmt: skip

# ---------------------------------------------------------------- families, floats, NaN


def _draw(generator: np.random.Generator, index: int) -> Planted:
    others = [Fraction(int(v), 1000) for v in generator.integers(0, 1000, 1 + index % 3)]
    return Planted(exact_array([1 if index % 100 == 37 else 5, *others]), np.array([2 + index % 3]))


def _simpler(instance: Planted) -> Iterator[Planted]:
    values = fractions_of(instance.x).tolist()
    if len(values) > 1:
        yield Planted(exact_array(values[:-1]), np.array([len(values) - 1]))
    yield Planted(exact_array([1, *[0] * (len(values) - 1)]), np.array([len(values)]))


rare = Family("planted_rare", "random", "5 first, at one draw in a hundred 1, then others", _draw, 100, 1000, _simpler)
family_only = conjecture("family_only", (), (Claim("first entry", first >= factor),), instances=(rare,))


@CATALOGUE.measures("1", "`bowl` in floats, exact up to rounding")
def float_bowl(instance: Planted) -> Enclosure:
    return estimate(float(bowl_of(instance)), 1e-12)


def bowl_of(instance: Planted) -> Fraction:
    return FORMULAS["bowl"](fractions_of(instance.x))


FORMULAS["float_bowl"] = FORMULAS["bowl"]
numerical_bowl = bounded("numerical_bowl", box(6, -1, 1), quantity("float_bowl"))


@CATALOGUE.measures("1", "sqrt(x_0) in floats: NaN where x_0 < 0", name="root")
def _root(instance: Planted) -> Enclosure:
    with np.errstate(invalid="ignore"):
        return estimate(np.sqrt(float(fractions_of(instance.x)[0])), 1e-12)


def _float_root(x: Any) -> Any:
    with np.errstate(invalid="ignore"):
        return np.sqrt(x[..., 0])


FORMULAS["root"] = _float_root
not_a_number = conjecture("not_a_number", (box(2, -1, 1),), (Claim("a root", quantity("root") >= 0),))
