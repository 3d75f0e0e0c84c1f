"""Distributions with a row of parameters each: samples, probabilities, entropy and divergence. All results are float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from . import _voidgrad

__all__ = ["Bernoulli", "Categorical", "Gaussian"]


class _Distribution:
    _key = ""

    def __init__(self, parameters: ArrayLike) -> None:
        self._rows = _voidgrad.Distributions(self._key, parameters)
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
        return other._parameters

    def __repr__(self) -> str:
        return f"voidgrad.distributions.{type(self).__name__}({self._parameters!r})"


class Bernoulli(_Distribution):
    """b_m ~ Bernoulli(σ(a_m)), independent: logits a with the shape (N, M)."""

    _key = "bernoulli"


class Categorical(_Distribution):
    """b_m ~ Categorical(softmax(a_m)), independent: logits a with the shape (N, M, S), samples one-hot along the last axis."""

    _key = "categorical"


class Gaussian(_Distribution):
    """x_m ~ N(μ_m, σ_m²), independent: parameters (μ, ln σ) with the shape (N, 2, M), samples with the shape (N, K, M)."""

    _key = "gaussian"
