"""Distributions with a row of parameters each: samples, probabilities, entropy and divergence. All results are float64."""

from __future__ import annotations

from typing import Optional

import numpy as np
from numpy.typing import ArrayLike

from . import _voidgrad

__all__ = ["Bernoulli", "Binomial", "Categorical", "Chain", "Gaussian", "Geometric", "Poisson", "Subset"]


class _Distribution:
    _key = ""

    def __init__(self, parameters: ArrayLike, size: Optional[int] = None) -> None:
        self._rows = _voidgrad.Distributions(self._key, parameters, size)
        self._size = size
        self._parameters = np.array(parameters, np.float64)
        self._parameters.flags.writeable = False

    @property
    def parameters(self) -> np.ndarray:
        """The parameters, with a row for each distribution."""
        return self._parameters

    def entropy(self) -> np.ndarray:
        """-E[ln p(b)] of each row in nats, the sum over its variables; of Gaussian variables the differential entropy."""
        return self._rows.entropy()

    def entropy_gradient(self) -> np.ndarray:
        """The derivative of `entropy` by the parameters, with their shape."""
        return self._rows.entropy_gradient()

    def kl(self, other: _Distribution) -> np.ndarray:
        """KL(self || other) = E[ln p(b) - ln q(b)], b of self, for each row in nats."""
        return self._rows.kl(self._of(other))

    def kl_gradient(self, other: _Distribution) -> tuple[np.ndarray, np.ndarray]:
        """The derivatives of `kl` by the parameters of self and by those of other, with their shapes."""
        return self._rows.kl_gradient(self._of(other))

    def ln_p(self, b: ArrayLike) -> np.ndarray:
        """ln p(b) of K samples for each row, b with the shape (N, K, M): an array (N, K). Raises ValueError if b is no sample."""
        return self._rows.ln_p(b)

    def sample(self, count: int, seed: int, run: int = 0, row: int = 0) -> np.ndarray:
        """count samples for each row, with the shape (N, count, M), of the stream named by (seed, run, row)."""
        return self._rows.sample(count, seed, run, row)

    def mean(self) -> np.ndarray:
        """E[b] of each row."""
        return self._rows.mean()

    def mode(self) -> np.ndarray:
        """The most probable sample of each row."""
        return self._rows.mode()

    def _of(self, other):
        if type(other) is not type(self):
            raise ValueError(f"the other distribution is {type(other).__name__} where {type(self).__name__} is needed")
        if other._size != self._size:
            raise ValueError(f"the size of the other distribution is {other._size} where {self._size} is needed")
        return other._parameters

    def __repr__(self) -> str:
        size = "" if self._size is None else f", {self._size}"
        return f"voidgrad.distributions.{type(self).__name__}({self._parameters!r}{size})"


class Bernoulli(_Distribution):
    """b_m ~ Bernoulli(σ(a_m)), independent: logits a with the shape (N, M)."""

    _key = "bernoulli"


class Categorical(_Distribution):
    """b_m ~ Categorical(softmax(a_m)), independent: logits a with the shape (N, M, S), samples one-hot along the last axis."""

    _key = "categorical"


class Gaussian(_Distribution):
    """x_m ~ N(μ_m, σ_m²), independent: parameters (μ, ln σ) with the shape (N, 2, M), samples with the shape (N, K, M)."""

    _key = "gaussian"


class _Sized(_Distribution):
    def __init__(self, parameters: ArrayLike, size: int) -> None:
        super().__init__(parameters, size)


class Subset(_Sized):
    """size of M elements: p(b) ∝ e^(Σ a_m·b_m) where Σ b_m = size: logits a with the shape (N, M)."""

    _key = "subset"


class Chain(_Sized):
    """A Markov chain of size states: logits with the shape (N, 1 + S, S), of the first state and then of the next one after each state, or with a matrix for each step
    (N, 1 + (size - 1)·S, S). Samples have the shape (N, K, size, S) and are one-hot along the last axis."""

    _key = "chain"


class Poisson(_Distribution):
    """b_m ~ Poisson(e^a_m), independent: logarithms of rates a with the shape (N, M)."""

    _key = "poisson"


class Geometric(_Distribution):
    """p(b_m) = θ_m·(1 - θ_m)^b_m, θ = σ(a), independent: logits a with the shape (N, M)."""

    _key = "geometric"


class Binomial(_Sized):
    """The successes of size trials, each with the probability σ(a_m), independent: logits a with the shape (N, M)."""

    _key = "binomial"
