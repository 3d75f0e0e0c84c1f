"""`expect` of torch and JAX against enumeration, for the logits and for parameters inside f."""

import numpy as np
import pytest

import voidgrad
from problem import LOGITS, PSI, assert_mean, exact, f
from voidgrad._estimator import METHODS

UNBIASED = [name for name, method in METHODS.items() if "bernoulli" in method["distributions"] and method["unbiased"]]
ROWS = 20_000
# float32: values of 1 are rounded by 6e-8, and a sum of a few of them by some times more. 1e-5 is far below the standard errors.
ROUNDING = 1e-5


@pytest.mark.parametrize("name", UNBIASED)
def test_torch_has_the_gradients_of_the_expectation(name):
    torch = pytest.importorskip("torch")
    estimator = voidgrad.estimator(name)
    for rows, seed in ((50, 1), (50, 2), (ROWS, 3)):
        logits = torch.tensor(np.tile(LOGITS, (rows, 1)), dtype=torch.float32, requires_grad=True)
        psi = torch.tensor(np.tile(PSI, (rows, 1)), dtype=torch.float32, requires_grad=True)
        values = voidgrad.torch.expect(lambda b: f(b, psi, torch), logits, estimator, seed)
        values.sum().backward()
    value, by_logits, by_psi = exact()
    assert_mean(values.detach()[:, None], [value], ROUNDING)
    assert_mean(logits.grad, by_logits, ROUNDING)
    assert_mean(psi.grad, by_psi, ROUNDING)


@pytest.mark.parametrize("name", UNBIASED)
def test_jax_has_the_gradients_of_the_expectation_under_jit(name):
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    estimator = voidgrad.estimator(name)
    shape = (ROWS, len(LOGITS))
    state = voidgrad.jax.initial_state(estimator, shape)

    def loss(parameters, step, state):
        logits, psi = parameters
        function = lambda b: f(b, psi, jnp)
        if state.size == 0:
            values = voidgrad.jax.expect(function, logits, estimator, 7, row=step)
        else:
            values, state = voidgrad.jax.expect_and_learn(function, logits, estimator, 7, state, row=step)
        return values.sum(), (values, state)

    step = jax.jit(jax.grad(loss, has_aux=True))
    parameters = tuple(jnp.asarray(np.tile(row, (ROWS, 1)), jnp.float32) for row in (LOGITS, PSI))
    for number in range(2):
        gradients, (values, state) = step(parameters, number, state)
    value, by_logits, by_psi = exact()
    assert_mean(values[:, None], [value], ROUNDING)
    assert_mean(gradients[0], by_logits, ROUNDING)
    assert_mean(gradients[1], by_psi, ROUNDING)


@pytest.mark.parametrize("name", ["rloo", "reinforce-ema", "reinforce-optimal", "double-cv", "rebar", "relax", "relax-perceptron", "auto"])
def test_jax_and_numpy_have_the_same_bits(name):
    jax = pytest.importorskip("jax")
    rows = np.tile(LOGITS, (6, 1)).astype(np.float32)
    one, other = voidgrad.estimator(name), voidgrad.estimator(name)
    state = voidgrad.jax.initial_state(one, rows.shape)
    # Sums of two products of small integers and halves: exact in both.
    slope = np.array([1.0, -2.0, 4.0], np.float32)
    function = lambda b: (b * slope).sum(-1)

    def expectation(logits, row, state):
        if state.size == 0:
            return voidgrad.jax.expect(function, logits, one, 3, row=row).sum(), state
        values, state = voidgrad.jax.expect_and_learn(function, logits, one, 3, state, row=row)
        return values.sum(), state

    step, counts = jax.jit(jax.grad(expectation, has_aux=True)), set()
    for row in range(60 if name == "auto" else 4):
        gradient, state = step(rows, row, state)
        asked = other.ask(rows, 3, row=row)
        counts.add(asked.points.shape[1])
        gradients = np.broadcast_to(slope, asked.points.shape) if other.needs_gradient else None
        assert np.array_equal(asked.tell(function(asked.points), gradients), gradient)
    voidgrad.jax.restore(one, state, rows.shape)
    first, second = one.state(), other.state()
    assert all(np.array_equal(first[key], second[key]) for key in second) and first.keys() == second.keys()
    # Those of one sample, of two, and of all bits flipped have been in use.
    assert counts == {1, 2, 4} if name == "auto" else len(counts) == 1


def test_jax_evaluates_f_at_the_points_of_the_round_alone():
    jax = pytest.importorskip("jax")
    logits, seen = np.zeros((5, 3), np.float32), []
    estimator, other = voidgrad.Auto(), voidgrad.Auto()

    def f(b):
        jax.debug.callback(lambda b: seen.append(b.shape[1]), b)
        return b.sum(-1)

    state, expected = voidgrad.jax.initial_state(estimator, logits.shape), []
    step = jax.jit(lambda row, state: voidgrad.jax.expect_and_learn(f, logits, estimator, 3, state, row=row)[1])
    for row in range(40):
        state = step(row, state)
        asked = other.ask(logits, 3, row=row)
        asked.tell(asked.points.sum(-1))
        expected.append(asked.points.shape[1])
    jax.effects_barrier()
    assert seen == expected and len(set(seen)) > 1


def test_the_state_of_a_choice_has_an_end():
    jax = pytest.importorskip("jax")
    estimator = voidgrad.Auto().prepare((1, 3))
    learned = estimator.state()
    stretches = np.array([[0.0, rounds, 1.0, 4.0] for rounds in range(1, 71)]).ravel()
    estimator.restore({**learned, "learned/choices": stretches})
    state = voidgrad.jax.initial_state(estimator, (5, 3))
    other = voidgrad.jax.restore(voidgrad.Auto(), state, (5, 3))
    assert np.array_equal(other.state()["learned/choices"], stretches[-4 * 64 :])
    assert jax.jit(lambda state: state)(state).shape == state.shape


def test_jax_takes_keys_and_traced_names():
    jax = pytest.importorskip("jax")
    logits = np.zeros((4, 30), np.float32)
    draw = lambda seed, row=0: voidgrad.jax.expect(lambda b: (b * np.arange(30.0)).sum(-1), logits, voidgrad.Rloo(), seed, row=row)
    one, two = jax.random.key(1), jax.random.key(2)
    assert np.array_equal(draw(one), jax.jit(draw)(one)) and not np.array_equal(draw(one), draw(two))
    assert np.array_equal(draw(jax.random.PRNGKey(1)), jax.jit(draw)(jax.random.PRNGKey(1)))
    assert np.array_equal(draw(5, 9), jax.jit(draw)(5, 9)) and not np.array_equal(draw(5, 9), draw(5, 8))
    for seed, text in ((-1, "seed = -1 is not"), (1.5, "an integer or a key is needed"), (2**64, "is not an integer")):
        with pytest.raises(ValueError, match=text):
            draw(seed)


def test_jax_survives_large_arrays():
    """A callback that waits for the device it holds up would hang."""
    jax = pytest.importorskip("jax")
    estimator, weights = voidgrad.Disarm(), np.ones((500, 300), np.float32)
    loss = lambda logits, weights: voidgrad.jax.expect(lambda b: jax.numpy.tanh(b @ weights).sum(-1), logits, estimator, 1).mean()
    step = jax.jit(jax.value_and_grad(loss, argnums=(0, 1)))
    logits = jax.numpy.zeros((1000, 500))
    for _ in range(3):
        value, (by_logits, by_weights) = step(logits, weights)
        logits = logits - by_logits
    assert by_weights.shape == weights.shape and np.isfinite(value)


def test_an_exception_of_f_arrives_unchanged():
    class Own(Exception):
        pass

    def fails(b):
        raise Own("mine")

    torch = pytest.importorskip("torch")
    estimator = voidgrad.ReinforceEma()
    with pytest.raises(Own, match="mine"):
        voidgrad.torch.expect(fails, torch.zeros(2, 3), estimator)
    # Nothing was learned, and the estimator goes on.
    assert (estimator.state()["learned/weight"] == 0).all()
    voidgrad.torch.expect(lambda b: b.sum(-1), torch.zeros(2, 3), estimator)
    jax = pytest.importorskip("jax")
    with pytest.raises(Own, match="mine"):
        jax.jit(lambda logits: voidgrad.jax.expect(fails, logits, voidgrad.Rloo(), 1))(np.zeros((2, 3)))


def test_what_f_returns_is_checked():
    torch = pytest.importorskip("torch")
    for wrong in (lambda b: b, lambda b: 1.0, lambda b: b.sum()):
        with pytest.raises(ValueError, match="a value for each point"):
            voidgrad.torch.expect(wrong, torch.zeros(2, 3), voidgrad.Rloo())
    with pytest.raises(ValueError, match="needs ∇f"):
        voidgrad.torch.expect(lambda b: b.detach().sum(-1).requires_grad_(), torch.zeros(2, 3), voidgrad.Muprop())
    jax = pytest.importorskip("jax")
    with pytest.raises(ValueError, match="a value for each point"):
        voidgrad.jax.expect(lambda b: b, jax.numpy.zeros((2, 3)), voidgrad.Rloo(), 1)


def test_jax_refuses_what_it_cannot_hold():
    jax = pytest.importorskip("jax")
    logits = jax.numpy.zeros((2, 3))
    for estimator in (voidgrad.Auto(), voidgrad.ReinforceEma(), voidgrad.Rebar()):
        with pytest.raises(ValueError, match="use expect_and_learn"):
            voidgrad.jax.expect(lambda b: b.sum(-1), logits, estimator, 1)
    with pytest.raises(Exception, match="not a finite number"):
        jax.jit(lambda a: voidgrad.jax.expect(lambda b: b.sum(-1), a, voidgrad.Rloo(), 1))(logits + np.nan).block_until_ready()


def test_torch_follows_its_own_generator_and_dtypes():
    torch = pytest.importorskip("torch")
    estimator = voidgrad.Disarm()
    results = []
    for dtype in (torch.float32, torch.float32, torch.float64, torch.bfloat16):
        torch.manual_seed(3)
        logits = torch.zeros(5, 3, dtype=dtype, requires_grad=True)
        values = voidgrad.torch.expect(lambda b: (b * torch.tensor([1.0, 2.0, 4.0], dtype=dtype)).sum(-1), logits, estimator)
        values.sum().backward()
        assert values.dtype == logits.grad.dtype == dtype
        results.append(logits.grad.double())
    # The samples of float64 are others.
    assert torch.equal(results[0], results[1]) and torch.equal(results[0], results[3])
    assert not torch.equal(values, voidgrad.torch.expect(lambda b: b.sum(-1), logits, estimator))


def test_torch_learns_only_if_it_may():
    torch = pytest.importorskip("torch")
    estimator = voidgrad.ReinforceEma()
    for learn, weight in ((False, 0.0), (True, 1.0)):
        voidgrad.torch.expect(lambda b: b.sum(-1), torch.zeros(1, 3), estimator, 1, learn=learn)
        assert estimator.state()["learned/weight"] == [weight]


def test_a_derivative_that_f_has_by_the_logits_is_added():
    torch = pytest.importorskip("torch")
    logits = torch.full((2, 3), 0.3, dtype=torch.float64, requires_grad=True)
    voidgrad.torch.expect(lambda b: (logits**2).sum(-1, keepdim=True).expand(2, 2), logits, voidgrad.Rloo(), 1).sum().backward()
    assert torch.allclose(logits.grad, torch.tensor(0.6, dtype=torch.float64))


def test_jax_maps_and_scans():
    jax = pytest.importorskip("jax")
    jnp, estimator = jax.numpy, voidgrad.Disarm()
    logits = jnp.asarray(np.tile(LOGITS, (4, 2, 1)), jnp.float32)
    one = lambda logits, row: jax.grad(lambda a: voidgrad.jax.expect(lambda b: b.sum(-1) ** 2, a, estimator, 1, row=row).sum())(logits)
    expected = jnp.stack([one(logits[row], row) for row in range(4)])
    assert np.array_equal(jax.vmap(one)(logits, jnp.arange(4)), expected)
    _, scanned = jax.lax.scan(lambda carry, at: (carry, one(*at)), 0, (logits, jnp.arange(4)))
    assert np.array_equal(scanned, expected)
