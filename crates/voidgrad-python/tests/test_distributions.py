"""Distributions against NumPy, and exact moments against samples."""

import itertools

import numpy as np
import pytest

import voidgrad
from problem import LOGITS, PSI, SIGMAS, exact, f, gradient
from voidgrad import distributions, variance
from voidgrad._estimator import METHODS

RANDOM = np.random.default_rng(1)
CASES = {
    "Bernoulli": (RANDOM.normal(size=(2, 5, 3)), lambda a, b: np.where(b == 1, -np.logaddexp(0, -a), -np.logaddexp(0, a)).sum(-1)),
    "Categorical": (RANDOM.normal(size=(2, 5, 3, 4)), lambda a, b: (b * (a - np.logaddexp.reduce(a, -1, keepdims=True))).sum((-1, -2))),
    "Gaussian": (
        RANDOM.normal(size=(2, 5, 2, 3)),
        lambda a, b: (-0.5 * ((b - a[..., 0, :]) / np.exp(a[..., 1, :])) ** 2 - a[..., 1, :] - 0.5 * np.log(2 * np.pi)).sum(-1),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_distribution_is_what_numpy_says(name):
    (p, q), ln_p = CASES[name]
    one, other = getattr(distributions, name)(p), getattr(distributions, name)(q)
    b = one.sample(4_000, seed=1)
    assert b.shape[:2] == (5, 4_000)
    own, others = ln_p(p[:, None], b), ln_p(q[:, None], b)
    assert np.allclose(one.ln_p(b), own, rtol=1e-12, atol=1e-12)
    # Entropy, divergence and mean from the samples: beyond 5 standard errors once in 1.7 million; about 40 numbers here.
    for known, samples in ((one.entropy(), -own), (one.kl(other), own - others)):
        assert (np.abs(samples.mean(1) - known) <= SIGMAS * samples.std(1) / np.sqrt(4_000)).all()
    assert (np.abs(b.mean(1) - one.mean()) <= SIGMAS * b.std(1) / np.sqrt(4_000) + 1e-12).all()
    assert (one.ln_p(one.mode()[:, None])[:, 0] >= own.max(1) - 1e-12).all()
    assert np.array_equal(one.kl(one), np.zeros(5))


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_finite_differences(name):
    (p, q), _ = CASES[name]
    make = getattr(distributions, name)
    step = 1e-5
    by_entropy, (by_p, by_q) = make(p).entropy_gradient(), make(p).kl_gradient(make(q))
    for place in itertools.product(*(range(entries) for entries in p.shape[1:])):
        shift = np.zeros(p.shape)
        shift[(slice(None), *place)] = step
        differences = lambda value: (value(shift) - value(-shift)) / (2 * step)
        at = (slice(None), *place)
        # The step leaves an error of its square, times a third derivative that is below 100 here, and rounding over the step.
        near = lambda found, known: np.allclose(found, known, rtol=1e-7, atol=1e-7)
        assert near(differences(lambda d: make(p + d).entropy()), by_entropy[at])
        assert near(differences(lambda d: make(p + d).kl(make(q))), by_p[at])
        assert near(differences(lambda d: make(p).kl(make(q + d))), by_q[at])


def test_distributions_refuse():
    def raises(text, call):
        with pytest.raises(ValueError) as error:
            call()
        assert text in str(error.value), str(error.value)

    one = distributions.Bernoulli(np.zeros((2, 3)))
    raises("logit = NaN", lambda: distributions.Bernoulli([[np.nan]]))
    raises("(2, 4) where (2, 3) is needed", lambda: one.kl(distributions.Bernoulli(np.zeros((2, 4)))))
    raises("Categorical where Bernoulli", lambda: one.kl(distributions.Categorical(np.zeros((2, 3, 2)))))
    raises("0.5", lambda: one.ln_p(np.full((2, 1, 3), 0.5)))
    raises("b has the shape (3,)", lambda: one.ln_p(np.zeros(3)))
    raises("too many for the memory", lambda: one.sample(2**60, 1))
    raises("count = -1", lambda: one.sample(-1, 1))
    assert one.sample(0, 1).shape == (2, 0, 3) and one.ln_p(np.zeros((2, 0, 3))).shape == (2, 0)


FAMILIES = [("categorical", np.array([[0.5, -0.3, 0.1], [1.0, 0.2, -0.4]])), ("gaussian", np.array([[0.4, -0.2], [0.1, -0.5]]))]


OTHERS = [(name, *case) for case in FAMILIES for name, method in METHODS.items() if method["unbiased"] and case[0] in method["distributions"]]


@pytest.mark.parametrize("name, family, row", OTHERS, ids=lambda value: value if isinstance(value, str) else "")
def test_other_distributions_have_their_gradient_too(name, family, row):
    slope = np.array([[1.0, -2.0, 0.5], [0.3, 0.7, -1.0]])
    function = lambda b: np.tanh((b * slope).sum((-1, -2))) if family == "categorical" else b[..., 0] ** 2 + b[..., 0] * b[..., 1]
    if family == "gaussian":
        # E[x² + x·y] = μ² + σ² + μ·ν, by μ, ν, ln σ and the other.
        (mu, nu), (ln_sigma, _) = row
        truth = np.array([[2 * mu + nu, mu], [2 * np.exp(2 * ln_sigma), 0]])
    else:
        theta = np.exp(row) / np.exp(row).sum(1, keepdims=True)
        truth = np.zeros((2, 3))
        for states in itertools.product(range(3), repeat=2):
            b = np.eye(3)[list(states)]
            truth += (theta * b).sum(1).prod() * function(b[None, None])[0, 0] * (b - theta)
    estimator = voidgrad.estimator(name, family)
    for step, rows in enumerate((50, 50, 20_000)):
        asked = estimator.ask(np.tile(row, (rows, 1, 1)), 1, row=step)
        inner = (asked.points * slope).sum((-1, -2), keepdims=True) if estimator.needs_gradient else None
        asked.tell(function(asked.points), None if inner is None else slope / np.cosh(inner) ** 2)
    samples = asked.gradient
    error = SIGMAS * samples.std(0) / np.sqrt(len(samples)) + 1e-12
    assert (np.abs(samples.mean(0) - truth) <= error).all() and (error < 0.25 * np.abs(truth).max()).all()


def own(points):
    return f(points, np.broadcast_to(PSI, (points.shape[0], 3)))


def own_gradient(points):
    return gradient(points, np.broadcast_to(PSI, (points.shape[0], 3)))


@pytest.mark.parametrize("name", ["reinforce", "rloo", "arm", "disarm", "local-expectation", "enumerate", "muprop", "straight-through", "reinmax"])
def test_exact_moments_are_those_of_samples(name):
    moments = variance.exact(own, LOGITS, voidgrad.estimator(name), own_gradient)
    (sampled,) = variance.compare(own, LOGITS, [name], 20_000, 1, own_gradient)
    method = METHODS[name]
    if method["unbiased"]:
        assert np.allclose(moments.mean, exact()[1], rtol=1e-12, atol=1e-12) and moments.technique == "enumeration"
        assert sampled.bias <= SIGMAS * sampled.bias_error + 1e-12
    else:
        assert np.abs(moments.mean - exact()[1]).max() > 1e-3 and sampled.bias > SIGMAS * sampled.bias_error
    assert np.allclose(moments.mean, sampled.mean, atol=SIGMAS * sampled.bias_error + 1e-12)
    assert abs(moments.variance - sampled.variance) <= SIGMAS * sampled.standard_error + 1e-12


def test_one_variable_and_a_control_are_integrated():
    function, estimator = (lambda b: (b[..., 0] - 0.3) ** 2), voidgrad.Rebar(target=0.3, eta=0.7, learning_rate=0)
    moments = variance.exact(function, [0.4], estimator)
    (sampled,) = variance.compare(function, [0.4], [estimator], 50_000)
    theta = 1 / (1 + np.exp(-0.4))
    assert moments.technique == "quadrature" and abs(moments.mean[0] - theta * (1 - theta) * 0.4) < 1e-7
    assert abs(moments.variance - sampled.variance) <= SIGMAS * sampled.standard_error


@pytest.mark.parametrize(
    "estimator, parameters, function",
    [
        (voidgrad.Lax(learning_rate=0), [[0.4], [-0.3]], lambda x: np.sin(2 * x[..., 0])),
        (voidgrad.Reinforce("gaussian", baseline=0.2), [[0.4], [-0.3]], lambda x: np.sin(2 * x[..., 0])),
        (voidgrad.RelaxPerceptron("categorical", learning_rate=0), [[0.4, -0.3]], lambda b: 1.5 * b[..., 0, 1] - 0.4),
    ],
)
def test_one_variable_of_another_distribution_is_integrated(estimator, parameters, function):
    moments = variance.exact(function, parameters, estimator)
    (sampled,) = variance.compare(function, parameters, [estimator], 50_000)
    assert moments.technique == "quadrature"
    assert np.allclose(moments.mean, sampled.mean, atol=SIGMAS * sampled.bias_error)
    assert abs(moments.variance - sampled.variance) <= SIGMAS * sampled.standard_error


def test_a_comparison_is_of_copies_that_have_settled():
    averaging, control = voidgrad.ReinforceEma(), voidgrad.RelaxPerceptron(learning_rate=0.03)
    plain, settled, trained, rloo = variance.compare(own, LOGITS, ["reinforce", averaging, control, "rloo"], 5_000)
    assert list(averaging.state()) == ["shape"] and control.control == {}
    assert settled.variance < 0.7 * plain.variance and trained.variance < plain.variance
    assert (plain.evaluations, rloo.evaluations) == (1, 2) and plain.name == "reinforce"
    assert all(one.bias <= SIGMAS * one.bias_error for one in (plain, settled, trained, rloo))


def test_floors_are_below_the_estimators_of_one_sample():
    floors = variance.floors(own, LOGITS)
    assert floors.constant >= floors.additive >= floors.pairwise >= 0
    (settled,) = variance.compare(own, LOGITS, ["reinforce-ema"], 20_000)
    assert floors.constant <= settled.variance + SIGMAS * settled.standard_error
    # The best constant by hand: Σ_m E[f·s_m²] / Σ_m E[s_m²].
    states = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
    theta = 1 / (1 + np.exp(-LOGITS))
    p, s, values = np.where(states == 1, theta, 1 - theta).prod(1), states - theta, own(states[None])[0]
    best = (p * values) @ (s**2).sum(1) / (p @ (s**2).sum(1))
    known = p @ (((values - best)[:, None] * s - exact()[1]) ** 2).mean(1)
    assert abs(floors.constant - known) < 1e-9 * known


def test_an_exception_of_f_leaves_the_library_unchanged():
    class Own(Exception):
        pass

    def fails(points):
        raise Own("mine")

    for call in (
        lambda: variance.exact(fails, LOGITS, voidgrad.Rloo()),
        lambda: variance.exact(own, LOGITS, voidgrad.Muprop(), fails),
        lambda: variance.exact(lambda b: b[..., 0], LOGITS[:1], voidgrad.Muprop(), fails),
        lambda: variance.floors(fails, LOGITS),
        lambda: variance.compare(fails, LOGITS, ["rloo"]),
    ):
        with pytest.raises(Own, match="mine"):
            call()
    with pytest.raises(ValueError, match="f\\(points\\) has the shape"):
        variance.exact(lambda b: b, LOGITS, voidgrad.Rloo())
    with pytest.raises(ValueError, match="needs the gradient"):
        variance.exact(own, LOGITS, voidgrad.Muprop())
    with pytest.raises(ValueError, match="at most 20"):
        variance.floors(own, np.zeros(21))
