"""Low-variance, unbiased gradients of expectations over discrete random variables.

Given b ~ p(b; a) with parameters a and any function f, an estimator gives ĝ with E[ĝ] = ∂/∂a E[f(b)] from a few values of f.

    >>> import numpy as np, voidgrad
    >>> estimator = voidgrad.Disarm()
    >>> asked = estimator.ask(np.zeros((100, 20), np.float32), seed=1)
    >>> asked.points.shape                          # (N, K, M)
    (100, 2, 20)
    >>> values = ((asked.points - 0.4) ** 2).sum(2)  # (N, K)
    >>> asked.tell(values).shape                    # (N, M)
    (100, 20)

`voidgrad.torch.expect` and `voidgrad.jax.expect` do the same in one line, with gradients for everything inside f.
`print(voidgrad.table())` lists the estimators; each is a class here, named after its name in the table: `double-cv` is `DoubleCv`.
"""

import os as _os

from ._estimator import Estimator, estimator, forked as _forked, set_threads
from ._own import own_control
from ._voidgrad import Asked, __version__, get_threads
from ._classes import classes as _classes, table
from . import distributions, variance

globals().update(_classes)

if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(after_in_child=_forked)

__all__ = ["Asked", "Estimator", "estimator", "get_threads", "own_control", "set_threads", "table", "distributions", "variance", "__version__", *_classes]


def __dir__():
    return [*__all__, "torch", "jax"]


def __getattr__(name):
    # `voidgrad.torch` and `voidgrad.jax` are imported when they are first used, so that neither library has to be there.
    if name in ("torch", "jax"):
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
