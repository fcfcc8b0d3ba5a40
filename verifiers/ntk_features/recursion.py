"""NNGP and NTK of rational points in balls: the recursion, and its derivatives in the inner product and the norm.

A pair of points enters through s = <x, x'>, r = |x|^2, p = |x'|^2, rational numbers. That it is parallel or
antiparallel is decided exactly, so the tip of the NTK's cone is met with angle 0 and not with a small ball around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verifiers.arithmetic import _flint, rational
from verifiers.errors import NoCertificate

BITS = 192
"""Working precision: a kernel is known to about 50 digits, and what is subtracted from 1 keeps half of them."""


def _arccos(cosine: Any) -> Any:
    """arccos of the part of a ball that lies in [-1, 1]: it falls."""
    arb = _flint().arb
    one = arb(1)
    high, low = cosine.lower().max(-one).min(one).acos(), cosine.upper().max(-one).min(one).acos()
    return low.union(high)


@dataclass(frozen=True)
class Recursion:
    """The kernel: depth, variances of weights and biases, divisor D, all rational."""

    depth: int
    weight: Any
    bias: Any
    divisor: Any

    @classmethod
    def of(cls, instance: Any) -> Recursion:
        """The kernel of a `KernelInstance`."""
        numbers = (instance.number(name) for name in ("weight_variance", "bias_variance", "divisor"))
        return cls(int(instance.depth), *map(rational, numbers))

    def diagonal(self, r: Any) -> tuple[Any, Any]:
        """(NNGP, NTK) of a point with |x|^2 = r: rational numbers."""
        q = self.weight * r / self.divisor + self.bias
        t = q
        for _ in range(self.depth):
            q = self.weight * q / 2 + self.bias
            t = q + self.weight * t / 2
        return q, t

    def pair(self, s: Any, r: Any, p: Any) -> tuple[Any, Any]:
        """(NNGP, NTK) of a pair in balls, at the working precision of the caller."""
        found = self._run(s, r, p, False)
        return found[0], found[1]

    def pair_at(self, turn: Any) -> Any:
        """NTK of two unit points at the angle pi turn, 0 < turn < 1 rational, in balls."""
        arb = _flint().arb
        cosine = arb.cos_pi_fmpq(turn)
        scale = self.weight / self.divisor
        q = scale + self.bias
        k, sine_sq = scale * cosine + self.bias, scale * (1 - cosine) * (scale * (1 + cosine) + 2 * self.bias)
        t, n = k, arb(q)
        for _ in range(self.depth):
            theta = arb.atan2(sine_sq.sqrt(), k)
            k = self.weight * n / (2 * arb.pi()) * (sine_sq.sqrt() / n + (arb.pi() - theta) * k / n) + self.bias
            t = k + self.weight * (arb.pi() - theta) / (2 * arb.pi()) * t
            q = self.weight * q / 2 + self.bias
            n = arb(q)
            sine_sq = n * n - k * k
        return t

    def spread(self, s: Any, r: Any, p: Any) -> tuple[Any, Any]:
        """(NNGP, NTK) for all inner products and squared norms |x|^2 in two balls s and r, p = |x'|^2 a rational."""
        scale = self.weight / self.divisor
        q, own = scale * r + self.bias, _flint().arb(scale * p + self.bias)
        k, n = scale * s + self.bias, (q * own).sqrt()
        pi, w, b, t = _flint().arb.pi(), self.weight, self.bias, k
        for _ in range(self.depth):
            theta = _arccos(k / n)
            k = w * n / (2 * pi) * (theta.sin() + (pi - theta) * theta.cos()) + b
            t = k + w * (pi - theta) / (2 * pi) * t
            q, own = w * q / 2 + b, w * own / 2 + b
            n = (q * own).sqrt()
        return k, t

    def moved_sq(self, r: Any, t: Any, tangent: bool) -> Any:
        """A ball whose upper end bounds d_K(x, x')^2 where |x|^2 = r and |x' - x| <= t, t a ball.

        The NNGP moves by at most (sigma_w^2/2)^(L/2) sigma_w t/sqrt(D), layer by layer; the NTK's square by that, by
        half of its own a layer before, and by angle/(2 pi) (T + T'), all times sigma_w^2.
        """
        arb, w = _flint().arb, self.weight
        step = (arb(w / self.divisor)).sqrt() * t
        outer = (arb(r).sqrt() + t) ** 2
        own, moved = ([self._at(depth, value) for depth in range(self.depth)] for value in (r, outer))
        total = step**2
        for (q, here), (_, there) in zip(own, moved, strict=True):
            sine = (step / arb(q).sqrt()).upper() if q > 0 else arb(1)
            angle = sine.asin() if sine < 1 else arb.pi()
            step = (arb(w) / 2).sqrt() * step
            total = step**2 + w * (total / 2 + angle / (2 * arb.pi()) * (here + there))
        return total if tangent else step**2

    def _at(self, depth: int, r: Any) -> tuple[Any, Any]:
        return Recursion(depth, self.weight, self.bias, self.divisor).diagonal(r)

    def slopes(self, s: Any, r: Any, p: Any, tangent: bool) -> tuple[Any, Any, Any]:
        """(kernel, derivative in s, derivative in r) in balls; of the NTK if `tangent`, else of the NNGP.

        Raises `NoCertificate` on parallel or antiparallel points, where the NTK has no derivative.
        """
        found = self._run(s, r, p, True)
        return found[1::2][:3] if tangent else found[0::2][:3]

    def _run(self, s: Any, r: Any, p: Any, slopes: bool) -> tuple[Any, ...]:
        """(K, T, K_s, T_s, K_r, T_r)."""
        arb = _flint().arb
        w, b, pi = self.weight, self.bias, arb.pi()
        k, q, own = (w * value / self.divisor + b for value in (s, r, p))
        product, square = q * own, k * k
        zero = arb(0)
        if product == 0:
            if slopes and self.depth:
                raise NoCertificate("the kernel has no gradient at or towards the point 0; move the point")
            return (zero,) * 6
        aligned = square == product
        if aligned and slopes and self.depth:
            raise NoCertificate("a query is parallel to a point: the NTK has a cone there and no gradient; move it")
        scale = arb(w / self.divisor)
        k_s, k_r, q_r = scale, zero, scale
        sine_sq = product - square  # exact at first, so nearly parallel points keep all digits
        k, n, q, own = arb(k), arb(product).sqrt(), arb(q), arb(own)
        t, t_s, t_r = k, k_s, k_r
        for layer in range(self.depth):
            if aligned and (layer or s > 0):
                theta, sine, cosine = zero, zero, arb(1)
            elif aligned:
                theta, sine, cosine = pi, zero, arb(-1)
                aligned = False
            else:
                root = arb(sine_sq).sqrt()
                theta, sine, cosine = arb.atan2(root, k), root / n, k / n
            kappa = (pi - theta) / (2 * pi)
            if slopes:
                c_s, c_r = k_s / n, k_r / n - k * q_r / (2 * n * q)
                kappa_s, kappa_r = c_s / (2 * pi * sine), c_r / (2 * pi * sine)
            k = w * n / (2 * pi) * (sine + (pi - theta) * cosine) + b
            if slopes:
                k_r = w * (kappa * k_r + sine * own / (4 * pi * n) * q_r)
                k_s = w * kappa * k_s
                t_s = k_s + w * (kappa_s * t + kappa * t_s)
                t_r = k_r + w * (kappa_r * t + kappa * t_r)
            t = k + w * kappa * t
            q, own, q_r = w * q / 2 + b, w * own / 2 + b, w * q_r / 2
            n = (q * own).sqrt()
            sine_sq = q * own - k * k
        return k, t, k_s, t_s, k_r, t_r
