"""Ask and tell, of every estimator of Bernoulli variables."""

import copy
import gc
import pickle

import numpy as np
import pytest

import voidgrad
from problem import LOGITS, M, PSI, assert_mean, exact, f, gradient
from voidgrad._estimator import METHODS

BERNOULLI = [name for name, method in METHODS.items() if "bernoulli" in method["distributions"]]
UNBIASED = [name for name in BERNOULLI if METHODS[name]["unbiased"]]


def tell(estimator, rows, seed, dtype=np.float64):
    """A round of the problem on so many rows."""
    asked = estimator.ask(np.tile(LOGITS, (rows, 1)).astype(dtype), seed)
    psi = np.tile(PSI, (rows, 1))
    gradients = gradient(asked.points, psi) if estimator.needs_gradient else None
    asked.tell(f(asked.points, psi), gradients)
    return asked


def test_there_are_estimators():
    assert len(UNBIASED) >= 20 and {"rloo", "arm", "disarm", "rebar", "auto"} <= set(UNBIASED)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", UNBIASED)
def test_the_mean_is_the_gradient(name, dtype):
    estimator = voidgrad.estimator(name)
    # What learns has learned something that is of no use, and must not matter.
    for step in range(3):
        tell(estimator, 50, step)
    asked = tell(estimator, 20_000, 1_000, dtype)
    value, by_logits, by_psi = exact()
    rounding = 1e-5 if dtype == np.float32 else 1e-12
    assert asked.gradient.dtype == asked.points.dtype == asked.weights.dtype == dtype
    assert_mean(asked.gradient, by_logits, rounding)
    assert_mean(asked.estimate[:, None], [value], rounding)
    inner = asked.points @ PSI
    slopes = (1 / np.cosh(inner) ** 2 + 2 * inner)[..., None] * asked.points
    assert_mean((asked.weights[..., None] * slopes).sum(1), by_psi, rounding)


@pytest.mark.parametrize("name", BERNOULLI)
def test_the_state_goes_around(name):
    one = voidgrad.estimator(name)
    for step in range(5):
        tell(one, 7, step)
    others = [pickle.loads(pickle.dumps(one)), copy.copy(one), copy.deepcopy(one), voidgrad.estimator(name)]
    others[-1].restore(one.state())
    for other in others:
        assert type(other) is type(one) and repr(other) == repr(one)
    for step in range(5, 9):
        expected = tell(one, 7, step).gradient
        for other in others:
            assert np.array_equal(tell(other, 7, step).gradient, expected)


@pytest.mark.parametrize("name", BERNOULLI)
def test_threads_do_not_change_bits(name):
    before = voidgrad.get_threads()
    try:
        results = []
        for threads in (1, 2, 5):
            voidgrad.set_threads(threads)
            assert voidgrad.get_threads() == threads
            estimator = voidgrad.estimator(name)
            results.append([tell(estimator, 100, step).gradient for step in range(4)])
        for other in results[1:]:
            assert np.array_equal(other, results[0])
    finally:
        voidgrad.set_threads(before)


def test_arrays_look_into_the_round():
    asked = voidgrad.Disarm().ask(np.zeros((4, M)), seed=1)
    points = asked.points
    assert points.base is asked and np.shares_memory(points, asked.points)
    assert not points.flags.writeable and not points.flags.owndata
    with pytest.raises(ValueError):
        points.flags.writeable = True
    with pytest.raises(ValueError):
        points[0] = 2
    result = asked.tell(np.arange(8.0).reshape(4, 2))
    assert np.shares_memory(result, asked.gradient) and result.base is asked
    assert np.shares_memory(asked.weights, asked.weights) and not asked.weights.flags.writeable


def test_an_array_keeps_its_round_alive():
    estimator = voidgrad.Disarm()
    logits = np.tile(LOGITS, (64, 1))
    points = estimator.ask(logits, seed=1).points
    expected = points.copy()
    gc.collect()
    # If the memory were given to the next rounds, they would overwrite it.
    for seed in range(2, 10):
        estimator.ask(logits, seed)
    assert np.array_equal(points, expected)


def test_a_round_is_named_by_seed_run_and_row():
    estimator, logits = voidgrad.Rloo(), np.zeros((3, 50))
    names = [(1, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1)]
    rounds = [estimator.ask(logits, *name).points for name in names]
    assert np.array_equal(rounds[0], voidgrad.Rloo().ask(logits, seed=1).points)
    for i, one in enumerate(rounds):
        assert all(not np.array_equal(one, other) for other in rounds[:i])


def test_single_and_double_numbers_have_the_same_points():
    logits = np.tile(LOGITS, (20, 1)).astype(np.float32)
    # RLOO, DisARM and REINFORCE have samples of their own in float32.
    single, double = (voidgrad.Arm().ask(logits.astype(dtype), seed=3) for dtype in (np.float32, np.float64))
    assert np.array_equal(single.points, double.points)
    values = np.arange(40, dtype=np.float32).reshape(20, 2)
    # One rounding of f32 at the end.
    assert np.allclose(single.tell(values), double.tell(values), rtol=1e-6, atol=1e-7)


def test_what_numpy_takes_is_taken():
    estimator = voidgrad.Rloo()
    logits = np.arange(6.0).reshape(3, 2)
    expected = estimator.ask(logits, seed=1).points
    for same in (logits.tolist(), logits.astype(int), np.asfortranarray(logits), np.repeat(logits, 2, 1)[:, ::2]):
        assert np.array_equal(estimator.ask(same, seed=1).points, expected)
    asked = estimator.ask(logits, seed=1)
    assert asked.tell([[1, 2], [3, 4], [5, 6]]).shape == (3, 2)


def test_answer_learns_nothing():
    estimator = voidgrad.ReinforceEma()
    tell(estimator, 10, 1)
    before = estimator.state()
    asked = estimator.ask(np.zeros((2, M)), seed=2)
    asked.answer(np.ones((2, 1)))
    after = estimator.state()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_weights_are_there_when_they_are_known():
    asked = voidgrad.Rloo(samples=4).ask(np.zeros((2, M)), seed=1)
    assert asked.equal_weights and (asked.weights == 0.25).all() and asked.weights.shape == (2, 4)
    asked = voidgrad.LocalExpectation().ask(np.zeros((2, M)), seed=1)
    assert not asked.equal_weights
    with pytest.raises(ValueError, match="no results yet"):
        asked.weights
    asked.tell(np.ones((2, M + 1)))
    assert np.allclose(asked.weights.sum(1), 1)


def test_a_control_is_trained():
    estimator = voidgrad.RelaxBasis(learning_rate=0.1)
    assert estimator.control == {}
    variances = [tell(estimator, 500, step).gradient.var(0).mean() for step in range(60)]
    assert np.mean(variances[-5:]) < 0.5 * np.mean(variances[:5])
    assert len(estimator.control) == 6 and len(tell(estimator, 5, 99).variance_gradient) == 6
    held = voidgrad.RelaxBasis(learning_rate=0)
    before = tell(held, 5, 1) and held.control
    assert tell(held, 5, 2) and held.control == before


def raises(text, call):
    with pytest.raises(ValueError) as error:
        call()
    assert text in str(error.value), str(error.value)


def test_errors_name_value_and_bound():
    rloo, disarm = voidgrad.Rloo, voidgrad.Disarm
    ask = lambda logits, seed=1, **name: rloo().ask(logits, seed, **name)
    raises("logit = NaN is not a finite number", lambda: ask([[np.nan]]))
    raises("logit = inf", lambda: ask([[np.inf]]))
    raises("logits has 1 axes where 2 are needed", lambda: ask([0.0]))
    raises("number of variables = 0", lambda: ask(np.zeros((2, 0))))
    raises("0 samples", lambda: ask(np.zeros((0, 2))))
    raises("dtype complex128", lambda: ask([[1j]]))
    raises("dtype <U1", lambda: ask([["a"]]))
    raises("seed = -1 is not an integer from 0 to 2**64 - 1", lambda: ask([[0.0]], -1))
    raises("row = 1.5", lambda: ask([[0.0]], row=1.5))
    raises("run = 18446744073709551616", lambda: ask([[0.0]], run=2**64))
    raises("evaluations = 3 is not an even number from 2 to 1000000", lambda: disarm(samples=3))
    raises("evaluations = 1 is not from 2", lambda: rloo(samples=1))
    raises("samples = -2", lambda: rloo(samples=-2))
    raises("has no argument 'samples': it takes no argument", lambda: voidgrad.Arm(samples=2))
    raises("there is no estimator 'rebra'", lambda: voidgrad.estimator("rebra"))
    raises("is for gaussian variables", lambda: voidgrad.Lax("bernoulli"))
    raises("lambda = 0 is not a number in (0, ∞)", lambda: voidgrad.Gumbel(temperature=0))
    raises("temperature = hot is not a number", lambda: voidgrad.Gumbel(temperature="hot"))
    raises("30 variables are too many here: at most 20", lambda: voidgrad.Enumerate().ask(np.zeros((1, 30)), 1))
    raises("too many for the memory", lambda: rloo(samples=10**6).ask(np.zeros((100_000, 200)), 1))
    for n in (0, -1, 1025, 1.5, "two"):
        raises("is not a number of threads: an integer from 1 to 1024", lambda: voidgrad.set_threads(n))


def test_what_is_told_is_checked():
    estimator = voidgrad.Rloo()
    asked = estimator.ask(np.zeros((3, M)), seed=1)
    raises("values has the shape (3,) where (3, 2) is needed", lambda: asked.tell(np.zeros(3)))
    raises("f(b) = NaN is not a finite number", lambda: asked.tell(np.full((3, 2), np.nan)))
    raises("no results yet", lambda: asked.gradient)
    # A round can be told after an error, and once.
    asked.tell(np.ones((3, 2)))
    raises("has been told already", lambda: asked.tell(np.ones((3, 2))))
    raises("(4,) where (3,) is needed", lambda: estimator.ask(np.zeros((3, 4)), seed=1))
    asked = voidgrad.Muprop().ask(np.zeros((3, M)), seed=1)
    raises("needs the gradient of f", lambda: asked.tell(np.zeros((3, 2))))
    raises("gradients has the shape (3, 2) where (3, 2, 3) is needed", lambda: asked.tell(np.zeros((3, 2)), np.zeros((3, 2))))


def test_an_estimator_that_chooses_is_told_in_order():
    estimator = voidgrad.Auto()
    first, second = (estimator.ask(np.zeros((2, M)), seed) for seed in (1, 2))
    first.tell(np.ones(first.points.shape[:2]))
    raises("tell each round before the next is asked", lambda: second.tell(np.ones(second.points.shape[:2])))
    third = estimator.ask(np.zeros((2, M)), 3)
    estimator.restore(voidgrad.Auto().prepare((1, M)).state())
    raises("tell each round before the next is asked", lambda: third.tell(np.ones(third.points.shape[:2])))


def test_a_state_is_checked():
    estimator = voidgrad.ReinforceEma()
    tell(estimator, 3, 1)
    state = estimator.state()
    fresh = voidgrad.ReinforceEma()
    raises("no array \"shape\"", lambda: fresh.restore({}))
    raises("no array \"learned/weight\"", lambda: fresh.restore({name: state[name] for name in state if name != "learned/weight"}))
    raises("an array \"other\"", lambda: fresh.restore({**state, "other": np.zeros(1)}))
    raises("NaN", lambda: fresh.restore({**state, "learned/weight": [float("nan")]}))
    raises("has 2 entries where 1", lambda: fresh.restore({**state, "learned/weight": [1.0, 2.0]}))
    raises("too large for the memory", lambda: fresh.restore({**state, "shape": [4e9]}))
    raises("too large for the memory", lambda: fresh.prepare((1, 2**60)))
    raises("is no row of", lambda: fresh.restore({**state, "shape": [2.5]}))
    assert list(fresh.state()) == ["shape"]


def test_every_class_says_what_it_is():
    for name, method in METHODS.items():
        first = next(iter(method["distributions"].values()))
        made = voidgrad.estimator(name, **({"size": 2} if "size" in first else {}))
        assert isinstance(made, getattr(voidgrad, type(made).__name__))
        text = type(made).__doc__
        assert method["formula"] in text and method["source"] in text and "Arguments:" in text
        assert type(made).__name__ in voidgrad.__all__ and type(made).__name__ in voidgrad.table()


def test_a_forked_process_has_threads_of_its_own():
    import multiprocessing

    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("no fork here")
    voidgrad.Rloo().ask(np.zeros((100, M)), seed=1)
    child = multiprocessing.get_context("fork").Process(target=_ask)
    child.start()
    child.join(60)
    alive = child.is_alive()
    child.kill()
    assert not alive and child.exitcode == 0


def _ask():
    assert voidgrad.Rloo().ask(np.zeros((100, M)), seed=1).points.shape == (100, 2, M)


def test_threads_of_python_share_an_estimator():
    from concurrent.futures import ThreadPoolExecutor

    estimator, logits = voidgrad.Disarm(), np.tile(LOGITS, (200, 1))

    def round_of(row):
        asked = estimator.ask(logits, 1, row=row)
        return asked.tell(f(asked.points, np.tile(PSI, (200, 1)))).copy()

    serial = [round_of(row) for row in range(40)]
    with ThreadPoolExecutor(4) as pool:
        assert all(np.array_equal(*pair) for pair in zip(serial, pool.map(round_of, range(40))))
