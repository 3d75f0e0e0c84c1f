"""PyTorch: expectations in one line of a training script."""

from __future__ import annotations

from typing import Callable, Optional

import numpy as np
import torch
from torch.autograd.function import once_differentiable

from ._estimator import Estimator

__all__ = ["expect"]


class _Expect(torch.autograd.Function):
    """Σ_k w_k·f(b_k), whose derivatives are ĝ by the logits and w by the values."""

    @staticmethod
    def forward(ctx, logits, values, gradient, weights):
        ctx.save_for_backward(gradient, weights)
        return (weights * values).sum(1)

    @staticmethod
    @once_differentiable
    def backward(ctx, upstream):
        gradient, weights = ctx.saved_tensors
        rows = upstream.reshape(-1, *[1] * (gradient.dim() - 1))
        return rows * gradient, upstream[:, None] * weights, None, None


def expect(
    f: Callable[[torch.Tensor], torch.Tensor],
    logits: torch.Tensor,
    estimator: Estimator,
    seed: Optional[int] = None,
    run: int = 0,
    row: int = 0,
    learn: bool = True,
) -> torch.Tensor:
    """Estimates E[f(b)], b ~ p(b; logits), for each of N rows: a tensor of N entries, with gradients.

    f takes points with the shape (N, K, M), on the device and in the dtype of the logits, and returns values with the shape (N, K), each of which
    depends on its own point and row alone. It is called once. `expect(...).mean().backward()` gives the logits the gradient ĝ of the estimator, and every parameter
    ψ inside f the gradient Σ_k w_k·∂f(b_k; ψ)/∂ψ. If f depends on the logits as well, that part of the derivative is added.

    For an estimator that needs ∇f, it is computed by autograd. The noise is the stream named by (seed, run, row), see `Estimator.ask`. Without a seed it is named by a
    number of torch's own generator, so `torch.manual_seed` makes a run reproducible. With learn=False the estimator learns nothing, as for a validation.

    Raises ValueError as `Estimator.ask` and `Asked.tell` do; an exception of f arrives unchanged.
    """
    if seed is None:
        seed = int(torch.randint(2**63 - 1, ()))
    asked = estimator.ask(_array(logits), seed, run, row)
    # A copy: the round still needs its points, and f may change them in place.
    points = torch.from_numpy(np.array(asked.points)).to(logits.device, logits.dtype)
    gradients = None
    if any(asked.wants_gradient):
        with torch.enable_grad():
            points.requires_grad_()
            values = _checked(f(points), points)
            (gradients,) = torch.autograd.grad(values.sum(), points, retain_graph=True, allow_unused=True)
        if gradients is None:
            raise ValueError(f"the estimator {estimator.name} needs ∇f, and the values of f do not depend on its points by differentiable functions")
        gradients = _array(gradients)
    else:
        values = _checked(f(points), points)
    (asked.tell if learn else asked.answer)(_array(values), gradients)
    gradient, weights = (torch.from_numpy(np.array(array)).to(logits.device, logits.dtype) for array in (asked.gradient, asked.weights))
    return _Expect.apply(logits, values, gradient, weights)


def _array(tensor):
    """A NumPy array of a tensor, in float32 if NumPy has no such numbers."""
    tensor = tensor.detach().cpu()
    return (tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.to(torch.float32)).numpy()


def _checked(values, points):
    expected = tuple(points.shape[:2])
    if not isinstance(values, torch.Tensor) or tuple(values.shape) != expected:
        found = tuple(values.shape) if isinstance(values, torch.Tensor) else type(values).__name__
        raise ValueError(f"f returned {found} where a tensor of the shape {expected} is needed: a value for each point")
    return values
