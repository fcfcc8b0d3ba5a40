"""Gradient descent on linear convolutional nets, followed towards the max-margin limit that theorems predict.

Nets of depth L with filters of K sites in C channels and a dense readout on the cycle Z_N, all in one batch, gradients
of the log-sum-exp of margins by FFT; steps are relative to the size of the net, so that late steps still move it. What
is recorded is a trend: cost over margin^(2/L) and the predictor after some numbers of steps, never "converged".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True, eq=False)
class Path:
    """What gradient descent did with B nets: at each recorded step cost over margin^(2/L) and the predictor.

    costs (S, B): (1/L) |theta|^2 / margin^(2/L), infinite while a sample is on the wrong side; predictors (S, B, N) of
    unit length. filters (B, C, L - 1, N) with zeros beyond the kernel and readouts (B, C, N) are those at the end.
    """

    steps: tuple[int, ...]
    costs: np.ndarray
    predictors: np.ndarray
    filters: np.ndarray
    readouts: np.ndarray


def descend(
    signed: np.ndarray, taps: list[int], depth: int, channels: int, recorded: tuple[int, ...],
    generator: torch.Generator, scale: float = 0.05, place: torch.device | str = "cpu",
) -> Path:  # fmt: skip
    """Follow one net per entry of `taps` on data y_n x_n: `signed` (B, n, N), B = len(taps).

    Relative step 0.02/sqrt(1 + t/500) along the gradient of -log sum exp(-margins).
    """
    data = torch.tensor(signed, dtype=torch.float64, device=place)
    nets, _, sites = data.shape
    window = torch.arange(sites, device=place)[None] < torch.tensor(taps, device=place)[:, None]
    mask = torch.cat([window[:, None].expand(-1, depth - 1, -1), torch.ones_like(window)[:, None]], 1)[:, None].double()
    drawn = torch.randn((nets, channels, depth, sites), generator=generator, dtype=torch.float64)
    theta = scale * drawn.to(place) * mask
    costs, predictors = [], []
    others = [[j for j in range(depth) if j != i] for i in range(depth)]
    for step in range(1, max(recorded) + 1):
        spectra = torch.fft.rfft(theta)
        beta = torch.fft.irfft(spectra.prod(2).sum(1), sites)
        margins = torch.bmm(data, beta[..., None])[..., 0]
        pull = torch.fft.rfft(torch.bmm(torch.softmax(-margins, 1)[:, None], data))  # (B, 1, F)
        slope = torch.stack([spectra[:, :, rest].prod(2).conj() * pull for rest in others], 2)
        gradient = torch.fft.irfft(slope, sites) * mask
        size = theta.flatten(1).norm(dim=1) / gradient.flatten(1).norm(dim=1)
        rate = 0.02 / (1 + step / 500) ** 0.5
        theta = theta + rate * (size[:, None, None, None] * gradient)
        if step in recorded:
            beta = torch.fft.irfft(torch.fft.rfft(theta).prod(2).sum(1), sites)
            margins = torch.bmm(data, beta[..., None])[..., 0].amin(1)
            cost = theta.flatten(1).square().sum(1) / depth
            ratio = torch.where(margins > 0, cost / margins.clamp_min(1e-300) ** (2 / depth), torch.inf)
            costs.append(ratio.cpu().numpy())
            predictors.append((beta / beta.norm(dim=1, keepdim=True)).cpu().numpy())
    final = theta / theta.flatten(1).norm(dim=1)[:, None, None, None]
    return Path(
        tuple(sorted(recorded)), np.array(costs), np.array(predictors), final[:, :, :-1].cpu().numpy(),
        final[:, :, -1].cpu().numpy(),
    )  # fmt: skip


def early_alignment(
    signed: np.ndarray, taps: int, scales: tuple[float, ...], generator: torch.Generator, rate: float = 0.02,
    loss: float = 0.68,
) -> list[tuple[float, float]]:  # fmt: skip
    """Per initial scale: |cosine| of the filter with the top eigenvector of T_K(r_s), and that of beta with |u~|^2 s^.

    One filter of `taps` sites and a dense readout on data y_n x_n `signed` (n, N), plain gradient descent on the mean
    logistic loss until it first falls to `loss` (it starts at log 2); s is the mean of y_n x_n. The same Gaussian start
    for all scales.
    """
    data = torch.tensor(signed, dtype=torch.float64)
    sites = data.shape[1]
    mean = data.mean(0)
    matrix = torch.stack([torch.stack([mean @ torch.roll(mean, k - j) for k in range(taps)]) for j in range(taps)])
    top = torch.linalg.eigh(matrix).eigenvectors[:, -1]
    drawn = torch.randn(taps + sites, generator=generator, dtype=torch.float64)
    found = []
    for scale in scales:
        u, v = (scale * part for part in drawn.split([taps, sites]))
        for _ in range(200_000):
            gain, out = torch.fft.rfft(u, sites), torch.fft.rfft(v)
            margins = data @ torch.fft.irfft(gain * out, sites)
            if float(torch.nn.functional.softplus(-margins).mean()) <= loss:
                break
            pull = torch.fft.rfft((torch.sigmoid(-margins) / len(data)) @ data)
            steps = torch.fft.irfft(out.conj() * pull, sites)[:taps], torch.fft.irfft(gain.conj() * pull, sites)
            u, v = u + rate * steps[0], v + rate * steps[1]
        predicted = torch.fft.irfft(torch.fft.rfft(u, sites).abs().square() * torch.fft.rfft(mean), sites)
        beta = torch.fft.irfft(torch.fft.rfft(u, sites) * torch.fft.rfft(v), sites)
        found.append((_cosine(u, top), _cosine(beta, predicted)))
    return found


def _cosine(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a @ b).abs() / (a.norm() * b.norm()))
