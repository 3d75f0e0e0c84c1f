"""Estimators: the class that all of them share."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Sequence

import numpy as np
from numpy.typing import ArrayLike

from . import _voidgrad
from ._voidgrad import Asked

# The compiled modules: this package's, and those of users' own controls, which have threads of their own.
MODULES = [_voidgrad]

METHODS = {method["name"]: method for method in _voidgrad.methods()}


def class_name(name: str) -> str:
    """The name of the class of an estimator: `double-cv` is `DoubleCv`."""
    return "".join(part.capitalize() for part in name.split("-"))


class Estimator:
    """An estimator of ∂/∂a E[f(b)], b ~ p(b; a), with its state.

    Make one by its class, such as `voidgrad.Rloo(samples=4)`, or by its name with `voidgrad.estimator("rloo", samples=4)`. It learns how many
    variables there are when it is first asked, and keeps to that.
    """

    def __init__(self, name: str, distribution: Optional[str] = None, **arguments: Any) -> None:
        if name not in METHODS:
            raise ValueError(f"there is no estimator {name!r}: there are {', '.join(METHODS)}")
        method = METHODS[name]
        distributions = method["distributions"]
        if distribution is None:
            distribution = next(iter(distributions))
        if distribution not in distributions:
            allowed = " and ".join(distributions)
            raise ValueError(f"the estimator {name} is for {allowed} variables, and not for {distribution!r} ones")
        takes = distributions[distribution]
        for argument in arguments:
            if argument not in takes:
                allowed = ", ".join(takes) or "no argument"
                raise ValueError(f"the estimator {name} of {distribution} variables has no argument {argument!r}: it takes {allowed}")
        self._method = method
        self._distribution = distribution
        self._arguments = arguments
        self._core = _voidgrad.Core(name, distribution, **arguments)
        self._made = ((name, distribution), arguments)

    def ask(self, logits: ArrayLike, seed: int, run: int = 0, row: int = 0) -> Asked:
        """The points at which the estimator wants f, an `Asked`.

        logits are the parameters a, with a row for each of N examples: (N, M) of Bernoulli variables, (N, M, S) of categorical ones with S states, (N, 2, M) of
        Gaussian ones, the means and the logarithms of the standard deviations, (N, M) of subsets, rankings and counts, and (N, 1 + S, S) of chains of S states, the first
        state's and then a matrix. float32 stays float32, everything else becomes float64.

        The noise is the stream named by (seed, run, row), three integers from 0 to 2**64 - 1. A name gives the same points on every machine and for every number of
        threads; two names give noise that has nothing to do with each other. So give each step of a training a name of its own: `seed=7, row=step`.
        Raises ValueError if a logit is NaN or infinite, or if a shape does not suit.
        """
        return self._core.ask(logits, seed, run, row)

    def prepare(self, shape: Sequence[int]) -> Estimator:
        """Makes the estimator for parameters of this shape, as the first `ask` does. Returns the estimator."""
        self._core.prepare(tuple(shape))
        return self

    def state(self) -> dict[str, np.ndarray]:
        """What the estimator has learned, a dict of arrays: averages, the parameters of a control, and what trains them."""
        return self._core.state()

    def restore(self, state: Mapping[str, ArrayLike]) -> None:
        """Takes over what `state` gave, and then continues with the same bits. After a ValueError nothing has changed."""
        self._core.restore(dict(state))

    def copy(self) -> Estimator:
        """An estimator of the same kind with the same state."""
        return _rebuild(type(self), *self._made, self.state())

    __copy__ = copy

    def __deepcopy__(self, memo: Any) -> Estimator:
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), *self._made, self.state())

    @property
    def name(self) -> str:
        """Its name in the table."""
        return self._method["name"]

    @property
    def distribution(self) -> str:
        """What it estimates gradients of: "bernoulli", "categorical", "gaussian", "subset", "chain", "plackett-luce", "poisson", "geometric" or "binomial"."""
        return self._distribution

    @property
    def unbiased(self) -> bool:
        """Whether E[ĝ] is the gradient for every f."""
        return self._method["unbiased"]

    @property
    def needs_gradient(self) -> bool:
        """Whether `tell` needs ∇f at the points."""
        return self._core.needs_gradient()

    @property
    def control(self) -> dict[str, float]:
        """The parameters of its control by name, as the formula has them; empty without a control, and before the first round."""
        return self._core.named()

    @property
    def choices(self) -> list[dict[str, Any]]:
        """What an estimator that chooses among others has used so far, a dict for each stretch of rounds; empty for all others."""
        return self._core.choices()

    def __repr__(self) -> str:
        arguments = "".join(f", {key}={value!r}" for key, value in self._arguments.items())
        return f"voidgrad.{class_name(self.name)}(distribution={self._distribution!r}{arguments})"


def _rebuild(made, positional, named, state):
    other = made(*positional, **named)
    other.restore(state)
    return other


def estimator(name: str, distribution: Optional[str] = None, **arguments: Any) -> Estimator:
    """The estimator of this name in the table: `estimator("rloo", samples=4)`.

    Without a distribution it is for the first one that the table has: "bernoulli" for all but `lax`. Raises ValueError if there is no such estimator, or if
    it does not take an argument.
    """
    from ._classes import classes

    if name not in METHODS:
        return Estimator(name)
    return classes[class_name(name)](distribution=distribution, **arguments)


def set_threads(n: int) -> None:
    """Shares out the work of all estimators among n threads; without a call, among as many as there are cores.

    No result depends on n: the same seed gives the same bits. Raises ValueError if n is not an integer from 1 to 1024.
    """
    for module in MODULES:
        module.set_threads(n)


def forked() -> None:
    """A forked process has no thread of its parent's: each module makes threads of its own."""
    for module in MODULES:
        module._forked()
