"""A problem whose gradients are known by enumeration: three variables, and an f with parameters that is linear in none of them."""

import itertools

import numpy as np

M = 3
LOGITS = np.array([0.4, -0.7, 1.1])
PSI = np.array([0.8, -0.5, 0.3])

# Two-sided, a normal number is farther than this from its mean once in 1.7 million times. The tests compare about 20 estimators at 6 entries in 3 ways, so with new seeds one of
# 4,000 runs would fail without a fault. The seeds are fixed.
SIGMAS = 5.0


def f(points, psi, numpy=np):
    """tanh of ψ·b, its square, and a product of all variables; points (N, K, M) and ψ (N, M)."""
    inner = (points * psi[:, None, :]).sum(-1)
    return numpy.tanh(inner) + inner * inner + points[..., 0] * points[..., 1] * points[..., 2] + 0.3


def states(logits=LOGITS):
    """All states of b, and their probabilities."""
    states = np.array(list(itertools.product([0.0, 1.0], repeat=len(logits))))
    theta = 1 / (1 + np.exp(-logits))
    return states, np.where(states == 1, theta, 1 - theta).prod(1)


def exact():
    """E[f], and its derivatives by the logits and by ψ."""
    all_states, p = states()
    values = f(all_states[None], PSI[None])[0]
    theta = 1 / (1 + np.exp(-LOGITS))
    by_logits = (p * values) @ (all_states - theta)
    # ∂f/∂ψ by hand.
    inner = all_states @ PSI
    by_psi = (p * (1 / np.cosh(inner) ** 2 + 2 * inner)) @ all_states
    return p @ values, by_logits, by_psi


def gradient(points, psi):
    """∇f at the points, by hand."""
    inner = (points * psi[:, None, :]).sum(-1)
    slope = (1 / np.cosh(inner) ** 2 + 2 * inner)[..., None] * psi[:, None, :]
    products = np.stack([points[..., 1] * points[..., 2], points[..., 0] * points[..., 2], points[..., 0] * points[..., 1]], -1)
    return slope + products


def assert_mean(samples, truth, rounding):
    """Whether the mean of the rows is the truth, up to 5 standard errors and rounding."""
    samples = np.asarray(samples, np.float64)
    error = np.abs(samples.mean(0) - truth)
    standard_error = samples.std(0, ddof=1) / np.sqrt(len(samples))
    bound = SIGMAS * standard_error + rounding
    assert (error <= bound).all(), f"{samples.mean(0)} is not {truth}: off by {error}, allowed {bound}"
    # A tolerance that would hide a wrong factor shows nothing.
    assert (bound < 0.25 * np.abs(truth).max()).all(), f"the tolerance {bound} is too large for {truth}"
