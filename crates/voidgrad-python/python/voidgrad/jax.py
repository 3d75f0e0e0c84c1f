"""JAX: expectations in one line of a training script, under `jit` too.

A function under `jit` may be run again, or not at all, so nothing here changes an estimator: the noise is named by arguments, and what an estimator learns goes in
and comes out as an array.
"""

from __future__ import annotations

from typing import Callable, Sequence, Union

import jax
import jax.numpy as jnp
import numpy as np

from ._estimator import Estimator

__all__ = ["expect", "expect_and_learn", "initial_state", "restore"]

Function = Callable[[jax.Array], jax.Array]
Number = Union[int, jax.Array]


def expect(f: Function, logits: jax.Array, estimator: Estimator, seed: Number, run: Number = 0, row: Number = 0) -> jax.Array:
    """Estimates E[f(b)], b ~ p(b; logits), for each of N rows: an array of N entries, with gradients.

    f takes points with the shape (N, K, M) and returns values with the shape (N, K), each of which depends on its own point and row alone. The gradient by the logits is ĝ
    of the estimator, and by everything inside f Σ_k w_k·∂f(b_k; ψ)/∂ψ. Second derivatives are not those of the expectation.

    The noise is the stream named by (seed, run, row), see `Estimator.ask`. All three may be traced. The seed is an integer or a key of `jax.random`.

    For an estimator that learns nothing; else use `expect_and_learn`. Raises ValueError if it learns, or if a shape does not suit. What a callback raises while a jitted function runs, such as that a logit is NaN, arrives as JAX's own exception with that text.
    """
    if _layout(estimator, logits.shape):
        raise ValueError(f"the estimator {estimator.name} learns: use expect_and_learn, which takes its state and returns the next one")
    return _expect(f, logits, estimator, _name(seed, run, row), None)[0]


def expect_and_learn(
    f: Function, logits: jax.Array, estimator: Estimator, seed: Number, state: jax.Array, run: Number = 0, row: Number = 0
) -> tuple[jax.Array, jax.Array]:
    """As `expect`, for an estimator that learns: takes its state and returns `(values, next_state)`.

    The state is an array of uint32, whose first is `initial_state(estimator, logits.shape)`. The estimator itself stays as it is.

    `Auto` asks for another number of points K in each round. Then f is traced once for each K that it may ask for, and only the one for the K of the round runs. Of its `choices`
    the state holds the last 64.
    """
    return _expect(f, logits, estimator, _name(seed, run, row), state)


def initial_state(estimator: Estimator, shape: Sequence[int]) -> jax.Array:
    """What the estimator has learned, for logits of this shape, as an array for `expect_and_learn`: the bits of float64 numbers."""
    return jnp.asarray(_encode(_layout(estimator, shape), _prepared(estimator, shape).state()))


def restore(estimator: Estimator, state: jax.Array, shape: Sequence[int]) -> Estimator:
    """Gives the estimator a state of `expect_and_learn`, for logits of this shape; returns the estimator."""
    estimator.restore(_decode(_layout(estimator, shape), np.asarray(state), shape))
    return estimator


def _expect(f, logits, estimator, name, state):
    dtype = logits.dtype if logits.dtype in (jnp.float32, jnp.float64) else jnp.float32
    fixed = jax.lax.stop_gradient(logits.astype(dtype))
    own = _prepared(estimator, logits.shape)
    example = own.ask(np.zeros((1, *logits.shape[1:]), dtype), 0)
    # Arrays of JAX have the room of the most points of any round.
    counts = own._core.counts()
    points_shape = (logits.shape[0], counts[-1], *example.points.shape[2:])
    layout = _layout(estimator, logits.shape) if state is not None else ()
    needs_gradient = any(example.wants_gradient)

    def machine(state):
        if state is None:
            return estimator
        other = estimator.copy()
        other.restore(_decode(layout, np.asarray(state), logits.shape))
        return other

    def ask(logits, name, state):
        asked = machine(state).ask(np.asarray(logits), *_numbers(name)).points
        points = np.zeros(points_shape, dtype)
        points[:, : asked.shape[1]] = asked
        return points, np.int32(counts.index(asked.shape[1]))

    def answer(logits, name, state, values, gradients):
        own = machine(state)
        asked = own.ask(np.asarray(logits), *_numbers(name))
        count = asked.points.shape[1]
        gradients = None if gradients is None else np.asarray(gradients)[:, :count]
        (asked.answer if state is None else asked.tell)(np.asarray(values)[:, :count], gradients)
        weights = np.zeros(points_shape[:2], dtype)
        weights[:, :count] = asked.weights
        return np.array(asked.gradient), weights, None if state is None else _encode(layout, own.state())

    def of_count(count):
        """f of the first points, and 0 for the others."""

        def values(points):
            values = f(points[:, :count])
            _check(values, (points_shape[0], count))
            return jnp.pad(values, ((0, 0), (0, counts[-1] - count)))

        return values

    asked = jax.ShapeDtypeStruct(points_shape, dtype), jax.ShapeDtypeStruct((), jnp.int32)
    points, place = jax.pure_callback(ask, asked, fixed, name, state, vmap_method="sequential")
    points = points.astype(logits.dtype)
    all_values = [of_count(count) for count in counts]

    def every(points):
        return jax.lax.switch(place, all_values, points) if len(counts) > 1 else all_values[0](points)

    gradients = None
    if needs_gradient:
        values, pull_back = jax.vjp(every, points)
        (gradients,) = pull_back(jnp.ones_like(values))
        gradients = jax.lax.stop_gradient(gradients.astype(dtype))
    else:
        values = every(points)
    results = (
        jax.ShapeDtypeStruct(logits.shape, dtype),
        jax.ShapeDtypeStruct(points_shape[:2], dtype),
        None if state is None else jax.ShapeDtypeStruct(state.shape, state.dtype),
    )
    told = jax.lax.stop_gradient(values.astype(dtype))
    gradient, weights, after = jax.pure_callback(answer, results, fixed, name, state, told, gradients, vmap_method="sequential")
    # Adds 0, whose derivative by the logits is ĝ.
    slope = gradient.astype(logits.dtype) * (logits - jax.lax.stop_gradient(logits))
    estimate = (weights.astype(values.dtype) * values).sum(1) + slope.sum(tuple(range(1, logits.ndim)))
    return estimate, after


def _check(values, shape):
    found = getattr(values, "shape", type(values).__name__)
    if found != shape:
        raise ValueError(f"f returned {found} where an array of the shape {shape} is needed: a value for each point")


def _prepared(estimator, shape):
    return estimator.copy().prepare(shape)


# The name of a stream: three pairs of 32 bits, since JAX has no integers of 64 bits unless it is told to.


def _name(seed, run, row):
    return jnp.stack([_pair("seed", seed), _pair("run", run), _pair("row", row)])


def _pair(name, number):
    if isinstance(number, int):
        if not 0 <= number < 2**64:
            raise ValueError(f"{name} = {number} is not an integer from 0 to 2**64 - 1")
        return jnp.array([number >> 32, number & 0xFFFFFFFF], jnp.uint32)
    number = jnp.asarray(number)
    if jnp.issubdtype(number.dtype, jax.dtypes.prng_key):
        return jax.random.bits(number, (2,), jnp.uint32)
    if number.dtype == jnp.uint32 and number.shape == (2,):
        # A key of the old kind.
        return jax.random.bits(number, (2,), jnp.uint32)
    if not jnp.issubdtype(number.dtype, jnp.integer) or number.shape != ():
        raise ValueError(f"{name} has the dtype {number.dtype} and the shape {number.shape}: an integer or a key is needed")
    high = (number >> 32) if number.dtype.itemsize == 8 else jnp.zeros_like(number)
    return jnp.stack([high.astype(jnp.uint32), number.astype(jnp.uint32)])


def _numbers(name):
    return [int(high) << 32 | int(low) for high, low in np.asarray(name)]


# A state as an array of a length that never changes: for each array of the estimator its length, and room for its numbers.

# What an estimator that chooses has used grows for ever; of each of the last stretches of rounds the state has four numbers.
_HISTORY, _LAST = "learned/choices", 4 * 64
# Rounds after which each candidate of such an estimator has been used and has learned.
_SETTLED = 100


def _layout(estimator, shape):
    """The names of the estimator's arrays, with the most entries that each has; empty if it learns nothing."""
    own = _prepared(estimator, shape)
    most = {name: len(array) for name, array in own.state().items()}
    random = np.random.default_rng(0)
    for step in range(_SETTLED if own._core.varies() else 1):
        asked = own.ask(np.zeros((1, *shape[1:])), 0, row=step)
        asked.tell(random.normal(size=asked.points.shape[:2]), np.zeros(asked.points.shape))
        most = {name: max(most[name], len(array)) for name, array in own.state().items()}
    if own._core.varies():
        most[_HISTORY] = _LAST
    return tuple((name, room) for name, room in most.items() if name != "shape")


def _encode(layout, state):
    words = []
    for name, room in layout:
        numbers, own = np.zeros(room), state[name]
        if name == _HISTORY:
            own = own[-room:]
        if len(own) > room:
            raise ValueError(f"the array {name!r} of the state has {len(own)} entries, and there is room for {room}")
        numbers[: len(own)] = own
        words += [np.array([len(own)], np.uint32), numbers.view(np.uint32)]
    return np.concatenate(words) if words else np.zeros(0, np.uint32)


def _decode(layout, words, shape):
    expected = sum(1 + 2 * room for _, room in layout)
    if words.dtype != np.uint32 or words.shape != (expected,):
        raise ValueError(f"the state has the dtype {words.dtype} and the shape {words.shape} where uint32 and ({expected},) are needed")
    state, place = {"shape": np.array(shape[1:], float)}, 0
    for name, room in layout:
        length, numbers = int(words[place]), np.ascontiguousarray(words[place + 1 : place + 1 + 2 * room]).view(float)
        state[name] = numbers[: min(length, room)]
        place += 1 + 2 * room
    return state
