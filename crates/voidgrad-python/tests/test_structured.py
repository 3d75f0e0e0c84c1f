"""Subsets, chains, rankings and counts, against sums over all states."""

import itertools
from math import comb, factorial

import numpy as np
import pytest

import voidgrad
from problem import SIGMAS
from voidgrad import distributions, variance
from voidgrad._estimator import METHODS

A = np.array([0.4, -0.9, 1.3, -0.2])


def subsets(a):
    """Two of four elements."""
    states = np.array([b for b in itertools.product([0.0, 1.0], repeat=4) if sum(b) == 2])
    weights = np.exp(states @ a)
    return states, weights / weights.sum()


def rankings(a):
    """The first two of four items."""
    states = np.array(list(itertools.permutations(range(4), 2)), float)
    e = np.exp(a)
    p = [e[i] / e.sum() * e[j] / (e.sum() - e[i]) for i, j in itertools.permutations(range(4), 2)]
    return states, np.array(p)


CHAIN = np.array([[0.3, -0.5], [0.8, 0.1], [-0.6, 0.4]])


def chains(logits):
    """Three places of two states, and one matrix."""
    theta = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    all_states = list(itertools.product(range(2), repeat=3))
    p = [theta[0][i] * theta[1 + i][j] * theta[1 + j][k] for i, j, k in all_states]
    return np.array([np.eye(2)[list(states)] for states in all_states]), np.array(p)


def binomials(a):
    """The successes of three trials, twice."""
    theta = 1 / (1 + np.exp(-a))
    states = np.array(list(itertools.product(range(4), repeat=2)), float)
    p = [np.prod([comb(3, int(b)) * t**b * (1 - t) ** (3 - b) for b, t in zip(state, theta)]) for state in states]
    return states, np.array(p)


def counts(probability, a, end):
    """Two counts, of which there is nothing to be seen from the end on."""
    states = np.array(list(itertools.product(range(end), repeat=2)), float)
    return states, np.array([probability(b, a[0]) * probability(c, a[1]) for b, c in states])


def poissons(a):
    return counts(lambda b, a: np.exp(b * a - np.exp(a)) / float(factorial(int(b))), a, 30)


def geometrics(a):
    return counts(lambda b, a: (1 / (1 + np.exp(-a))) * (1 / (1 + np.exp(a))) ** b, a, 120)


# Parameters, states with their probabilities, and the size.
FAMILIES = {
    "subset": (A, subsets, 2),
    "plackett-luce": (A, rankings, 2),
    "chain": (CHAIN, chains, 3),
    "binomial": (A[:2], binomials, 3),
    "poisson": (A[:2], poissons, None),
    "geometric": (A[:2], geometrics, None),
}
CLASSES = {"subset": "Subset", "chain": "Chain", "binomial": "Binomial", "poisson": "Poisson", "geometric": "Geometric"}


def made(name, family):
    size = FAMILIES[family][2]
    return voidgrad.estimator(name, family, **({} if size is None else {"size": size}))


def f(points):
    """Of flat points, the last axes together."""
    flat = points.reshape(*points.shape[:2], -1)
    inner = 0.3 * flat @ np.array([0.9, -0.6, 1.3, 0.4, -1.1, 0.7])[: flat.shape[-1]]
    return np.tanh(inner) + inner


def slope(points):
    flat = points.reshape(*points.shape[:2], -1)
    weights = 0.3 * np.array([0.9, -0.6, 1.3, 0.4, -1.1, 0.7])[: flat.shape[-1]]
    return ((1 + 1 / np.cosh(flat @ weights) ** 2)[..., None] * weights).reshape(points.shape)


def truth(family):
    """The derivative of E[f], the sum over all states, by central differences."""
    parameters, states, _ = FAMILIES[family]
    total = np.zeros(parameters.size)
    for i in range(parameters.size):
        step = np.zeros(parameters.size)
        step[i] = 1e-5
        ends = [states(parameters + sign * step.reshape(parameters.shape)) for sign in (1, -1)]
        above, below = ((p * f(known[None])[0]).sum() for known, p in ends)
        total[i] = (above - below) / 2e-5
    return total.reshape(parameters.shape)


CASES = [(name, family) for family in FAMILIES for name, method in METHODS.items() if method["unbiased"] and family in method["distributions"]]


@pytest.mark.parametrize("name, family", CASES)
def test_estimators_have_the_gradient(name, family):
    parameters, _, _ = FAMILIES[family]
    estimator = made(name, family)
    for step, rows in enumerate((50, 50, 20_000)):
        asked = estimator.ask(np.broadcast_to(parameters, (rows, *parameters.shape)), 1, row=step)
        asked.tell(f(asked.points), slope(asked.points) if estimator.needs_gradient else None)
    samples = asked.gradient
    # Beyond 5 standard errors once in 1.7 million; about 150 numbers here. Differences are within 1e-9.
    bound = SIGMAS * samples.std(0) / np.sqrt(len(samples)) + 1e-8
    assert (np.abs(samples.mean(0) - truth(family)) <= bound).all()


@pytest.mark.parametrize("family", CLASSES)
def test_distributions_are_sums_over_all_states(family):
    parameters, states, size = FAMILIES[family]
    known, p = states(parameters)
    one = getattr(distributions, CLASSES[family])(parameters[None], *([] if size is None else [size]))
    assert np.allclose(np.exp(one.ln_p(known[None])), p, rtol=1e-11, atol=1e-300)
    assert np.allclose(one.mean()[0], (p.reshape(-1, *[1] * (known.ndim - 1)) * known).sum(0), rtol=1e-11)
    assert np.isclose(one.entropy()[0], -(p * np.log(np.maximum(p, 1e-300))).sum(), rtol=1e-10)
    assert one.kl(one)[0] == 0 and (one.ln_p(one.mode()[:, None]) >= np.log(p.max()) - 1e-12).all()
    b = one.sample(1_000, seed=3)
    assert b.shape == (1, 1_000, *known.shape[1:]) and np.isfinite(one.ln_p(b)).all()


def test_simple_is_biased_and_close():
    estimator = voidgrad.Simple("subset", size=2)
    asked = estimator.ask(np.broadcast_to(A, (20_000, 4)), 1)
    asked.tell(f(asked.points), slope(asked.points))
    assert 1e-3 < np.abs(asked.gradient.mean(0) - truth("subset")).max() < 0.2


def test_compare_knows_the_truth_of_subsets():
    results = variance.compare(f, A, [made("rloo", "subset"), made("enumerate", "subset")], samples=20_000)
    # Rounding of twelve terms, twice.
    assert results[1].variance < 1e-24 and results[1].bias < 1e-12
    assert results[0].bias < 5 * results[0].bias_error


def test_what_does_not_fit_is_refused():
    def raises(text, call):
        with pytest.raises(ValueError) as error:
            call()
        assert text in str(error.value), str(error.value)

    raises("subset variables need an argument size: k, the number", lambda: voidgrad.Rloo("subset"))
    raises("has no argument 'size'", lambda: voidgrad.Rloo(size=3))
    raises("a subset of 5 elements is not one of 1 to 4", lambda: voidgrad.Rloo("subset", size=5).ask(np.zeros((1, 4)), 1))
    raises("number of trials = 0", lambda: voidgrad.Rloo("binomial", size=0))
    raises("logits of the chain has 8 entries where 10 are needed", lambda: voidgrad.Rloo("chain", size=3).ask(np.zeros((1, 4, 2)), 1))
    raises("rankings have no entropy", lambda: voidgrad._voidgrad.Distributions("plackett-luce", np.zeros((1, 2)), 1))
    raises("the size of the other distribution is 1 where 2 is needed", lambda: distributions.Subset(A[None], 2).kl(distributions.Subset(A[None], 1)))
    raises("ln λ = 20 is not", lambda: voidgrad.Rloo("poisson").ask([[20.0]], 1))
