"""REBAR and RELAX, whose control relaxes the user's own f."""

import numpy as np
import pytest

import voidgrad
from problem import LOGITS, PSI, f, gradient

TARGET = 0.3


def quadratic(b):
    return ((b - TARGET) ** 2).mean(-1)


def test_it_is_the_estimator_of_the_compiled_control():
    """`Rebar(target=t)` relaxes the mean of (b_m - t)² by compiled code. Asked for the same f, with the same noise, it is the same estimate."""
    compiled, asking = voidgrad.Rebar(target=TARGET, eta=0.8, temperature=0.6), voidgrad.Rebar(eta=0.8, temperature=0.6)
    logits = np.random.default_rng(1).normal(size=(200, 4))
    one, other = compiled.ask(logits, 5), asking.ask(logits, 5)
    assert other.points.shape == (200, 3, 4) and np.array_equal(one.points[:, 0], other.points[:, 0])
    assert not compiled.needs_gradient and asking.needs_gradient and other.wants_gradient == (False, True, True)
    expected = one.answer(quadratic(one.points))
    found = other.answer(quadratic(other.points), (other.points - TARGET) / 2)
    # Rounding of a dozen numbers below 1.
    assert np.allclose(found, expected, rtol=0, atol=1e-14) and np.abs(found).max() > 0.01
    assert (other.weights == [1, 0, 0]).all()


def test_it_lowers_the_variance_of_an_own_f():
    own = lambda b: f(b, PSI[None])
    slopes = lambda b: gradient(b, PSI[None])
    plain, fixed, rebar, relax = voidgrad.variance.compare(
        own, LOGITS, ["reinforce", voidgrad.Rebar(target=TARGET), "rebar", "relax"], 20_000, gradient=slopes
    )
    assert rebar.variance < 0.2 * plain.variance and rebar.variance < 0.5 * fixed.variance and relax.variance < 0.2 * plain.variance
    assert all(one.bias < 5 * one.bias_error for one in (plain, fixed, rebar, relax))


def test_torch_and_jax_relax_f_by_their_own_derivatives():
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    rows = np.tile(LOGITS, (50, 1))
    psi = np.tile(PSI, (50, 1))
    for name in ("rebar", "relax"):
        asked = voidgrad.estimator(name).ask(rows, 4)
        expected = asked.tell(f(asked.points, psi), gradient(asked.points, psi))
        logits = torch.tensor(rows, requires_grad=True)
        voidgrad.torch.expect(lambda b: f(b, torch.tensor(psi), torch), logits, voidgrad.estimator(name), 4).sum().backward()
        assert np.allclose(logits.grad, expected, rtol=1e-12, atol=1e-12)
        estimator = voidgrad.estimator(name)
        state = voidgrad.jax.initial_state(estimator, rows.shape)
        loss = lambda logits: voidgrad.jax.expect_and_learn(lambda b: f(b, psi, jax.numpy), logits, estimator, 4, state)[0].sum()
        # float32, and slopes of up to 10.
        assert np.allclose(jax.grad(loss)(rows.astype(np.float32)), expected, rtol=0, atol=1e-4)


def test_categorical_variables_are_relaxed_too():
    logits = np.random.default_rng(1).normal(size=(3, 4))
    score = np.arange(12.0).reshape(3, 4) / 5
    own = lambda b: (b * score).sum((-1, -2)) ** 2
    slopes = lambda b: 2 * (b * score).sum((-1, -2), keepdims=True) * score
    rebar, plain = voidgrad.variance.compare(own, logits, ["rebar", "reinforce"], 20_000, gradient=slopes)
    assert rebar.variance < 0.2 * plain.variance and rebar.bias < 5 * rebar.bias_error


def test_the_gradient_is_needed():
    asked = voidgrad.Rebar().ask(np.zeros((2, 3)), 1)
    with pytest.raises(ValueError, match="needs the gradient of f"):
        asked.tell(np.zeros((2, 3)))
    # Row 0 is b, where no gradient is wanted: it is not read.
    slopes = np.zeros((2, 3, 3))
    slopes[:, 0] = np.nan
    assert (asked.tell(np.zeros((2, 3)), slopes) == 0).all()


def test_a_decay_is_an_argument():
    for name in ("ReinforceEma", "ReinforceOptimal", "DoubleCv", "Rodeo", "Mixed", "Rebar", "Relax", "Auto"):
        made = getattr(voidgrad, name)(decay=0.5)
        assert "decay=0.5" in repr(made) and "decay" in type(made).__doc__
        with pytest.raises(ValueError, match="decay = 1 is not a number in \\[0, 1\\)"):
            getattr(voidgrad, name)(decay=1)
        with pytest.raises(ValueError, match="decay = slow is not a number"):
            getattr(voidgrad, name)(decay="slow")
    with pytest.raises(ValueError, match="no argument 'decay'"):
        voidgrad.Rloo(decay=0.5)
    estimator = voidgrad.ReinforceEma(decay=0.5)
    for step, value in enumerate((1.0, 5.0)):
        estimator.ask(np.zeros((1, 3)), 1, row=step).tell([[value]])
    # (½·1 + 5)/(½ + 1).
    assert np.allclose(estimator.state()["learned/weight"], 1.5) and np.isclose(estimator.state()["learned/baseline"], 5.5 / 1.5)
