"""How good an estimator is for your f, at one row of parameters.

All variances are with respect to the parameters, and the mean over them: (1/M) Σ_m Var[ĝ_m]. f takes points with the shape (1, K, M) and returns values with the shape
(1, K); gradient, which some estimators need, takes the same points and returns ∇f with their shape. Both take and return what NumPy takes.
"""

from __future__ import annotations

from math import comb, perm
from typing import Callable, Iterable, NamedTuple, Optional

import numpy as np
from numpy.typing import ArrayLike

from . import _voidgrad
from ._estimator import METHODS, Estimator, estimator as _by_name

__all__ = ["Comparison", "Floors", "Moments", "compare", "exact", "floors"]

Function = Callable[[np.ndarray], ArrayLike]


class Moments(NamedTuple):
    """The moments of an estimator."""

    mean: np.ndarray
    """E[ĝ], with the shape of a row of the parameters."""
    variance: float
    """(1/M) Σ_m Var[ĝ_m]."""
    technique: str
    """"enumeration", exact to rounding, or "quadrature", to a relative error of 1e-7."""


class Floors(NamedTuple):
    """The least variance that an estimator of one sample can have with a control of a family; each is at most the one before it."""

    constant: float
    """With the best constant."""
    additive: float
    """With the best function of one variable for each variable."""
    pairwise: float
    """With the best function of two variables for each pair on top."""


class Comparison(NamedTuple):
    """An estimator on a user's f."""

    name: str
    evaluations: int
    """Of f, for one ĝ."""
    mean: np.ndarray
    """The mean of ĝ."""
    variance: float
    """(1/M) Σ_m Var[ĝ_m], from samples."""
    standard_error: float
    """Of the variance."""
    bias: Optional[float]
    """The largest |E[ĝ_m] - truth_m|, as measured; None if the truth is not known."""
    bias_error: float
    """The largest standard error of the mean: a bias of some times this is none."""


def exact(f: Function, logits: ArrayLike, estimator: Estimator, gradient: Optional[Function] = None) -> Moments:
    """The mean and the variance of ĝ without samples, for a row of parameters such as (M,) logits.

    It is a sum over all states or over all noise that matters, or, for one variable and a control (categorical: of two or three states) or one Gaussian variable, an integral. The estimator is taken in its present state.
    Raises ValueError if there is no such way or if it would take too long; then use `compare`.
    """
    row = np.asarray(logits, np.float64)[None]
    return Moments(*estimator.copy()._core.moments(row, f, gradient))


def floors(f: Function, logits: ArrayLike) -> Floors:
    """The least variance that a control of each family leaves to an estimator of one sample, for (M,) logits of Bernoulli variables, M ≤ 20.

    The estimator is ĝ = (f(b) - h(b))·∂/∂a ln p(b) + ∂/∂a E[h(b)] with the best h of the family. One that evaluates f more than once can come below.
    """
    return Floors(*_voidgrad.floors(f, np.asarray(logits, np.float64)[None]))


# Values of f in one call.
_AT_ONCE = 1 << 15
# Rounds in which an estimator that learns settles, and their rows.
_SETTLE, _ROWS = 200, 32
# States over which the truth is summed.
_STATES = 1 << 14


def compare(
    f: Function,
    logits: ArrayLike,
    estimators: Iterable["Estimator | str"],
    samples: int = 10_000,
    seed: int = 0,
    gradient: Optional[Function] = None,
) -> list[Comparison]:
    """The variance and the bias of each estimator on f at a row of parameters, from samples of ĝ.

    Estimators are given as such or by name; a name is for Bernoulli variables if the row has one axis. Copies are measured, so those given stay as they are. One that learns has 200 rounds on 32 rows
    first, then its state is held. The truth is the sum over all states, if there are at most 16,384 of them.
    """
    if not 2 <= samples <= 10**9:
        raise ValueError(f"samples = {samples} is not an integer from 2 to 10**9")
    row = np.asarray(logits, np.float64)
    made = [_by_name(one, None if row.ndim == 1 else "categorical") if isinstance(one, str) else one.copy() for one in estimators]
    truth = _truth(f, row, made[0].distribution, made[0]._arguments.get("size")) if made else None
    return [_measured(f, gradient, row, one, samples, seed, truth) for one in made]


def _told(f, gradient, rows, estimator, name, learns):
    asked = estimator.ask(rows, *name)
    flat = asked.points.reshape(1, -1, *asked.points.shape[2:])
    values = np.asarray(f(flat))
    if values.shape != flat.shape[:2]:
        raise ValueError(f"f(points) has the shape {values.shape} where {flat.shape[:2]} is needed")
    slopes = None
    if estimator.needs_gradient:
        if gradient is None:
            raise ValueError(f"the estimator {estimator.name} needs the gradient of f: give gradient")
        slopes = np.asarray(gradient(flat)).reshape(asked.points.shape)
    (asked.tell if learns else asked.answer)(values.reshape(asked.points.shape[:2]), slopes)
    return asked


def _measured(f, gradient, row, estimator, samples, seed, truth):
    estimator.prepare((1, *row.shape))
    if len(estimator.state()) > 1:
        for step in range(_SETTLE):
            _told(f, gradient, np.broadcast_to(row, (_ROWS, *row.shape)), estimator, (seed, 1, step), True)
    evaluations = estimator.ask(row[None], seed).points.shape[1]
    at_once = max(1, _AT_ONCE // evaluations)
    parts = []
    for place in range(0, samples, at_once):
        rows = np.broadcast_to(row, (min(at_once, samples - place), *row.shape))
        parts.append(_told(f, gradient, rows, estimator, (seed, 2, place), False).gradient.reshape(len(rows), -1))
    all_samples = np.concatenate(parts)
    mean = all_samples.mean(0)
    squares = ((all_samples - mean) ** 2).mean(1)
    variance = squares.sum() / (samples - 1)
    bias = None if truth is None else float(np.abs(mean - truth).max())
    bias_error = float(all_samples.std(0, ddof=1).max() / np.sqrt(samples))
    standard_error = float(squares.std() / np.sqrt(samples - 1))
    return Comparison(estimator.name, evaluations, mean.reshape(row.shape), float(variance), standard_error, bias, bias_error)


def _truth(f, row, distribution, size):
    """The gradient by enumeration, if the states are few."""
    if distribution not in METHODS["enumerate"]["distributions"]:
        return None
    size = {} if size is None else {"size": size}
    if _states(row, distribution, **size) > _STATES:
        return None
    return _told(f, None, row[None], Estimator("enumerate", distribution, **size), (0, 0, 0), False).gradient.reshape(-1)


def _states(row, distribution, size=0):
    """How many samples there are."""
    if distribution == "categorical":
        return float(row.shape[-1]) ** row.shape[0]
    if distribution == "chain":
        return float(row.shape[-1]) ** size
    if distribution == "subset":
        return comb(row.size, size)
    if distribution == "plackett-luce":
        return perm(row.size, size)
    return 2.0**row.size
