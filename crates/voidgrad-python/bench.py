"""What ask and tell cost beside a model: N = 100 rows of M = 200 bits, and an autoencoder 784-200-784 of JAX on the same rows.

`python bench.py` goes through rounds as a program does: ask, the decoder at the points, tell, and then the gradients by all weights. It prints the shortest time of each: other programs on the machine can only
make a run longer.
"""

import time

import jax
import jax.numpy as jnp
import numpy as np

import voidgrad

N, M, PIXELS, RUNS = 100, 200, 784, 400


def model():
    """Functions of (N, K, M) bits, jitted: the decoder's values, those of the whole autoencoder, and the gradients of a training step by all weights."""
    keys = jax.random.split(jax.random.key(1), 3)
    x = jax.random.bernoulli(keys[0], 0.5, (N, PIXELS)).astype(jnp.float32)
    weights = [0.05 * jax.random.normal(keys[1], (PIXELS, M)), 0.05 * jax.random.normal(keys[2], (M, PIXELS))]

    @jax.jit
    def decode(weights, x, b):
        return jnp.logaddexp(0, (1 - 2 * x[:, None]) * (b @ weights[1])).sum(2)

    @jax.jit
    def evaluate(weights, x, b):
        # Both are results, so that neither is left out.
        return x @ weights[0], decode(weights, x, b)

    @jax.jit
    @jax.grad
    def gradient(weights, x, b):
        # The encoder's part is that of a given gradient by its logits.
        return decode(weights, x, b).mean() + (x @ weights[0]).mean()

    return [lambda b, function=function: function(weights, x, b) for function in (decode, evaluate, gradient)]


def timed(times, work, wait=lambda result: result):
    start = time.perf_counter()
    result = wait(work())
    times.append(time.perf_counter() - start)
    return result


def timed_jax(times, work):
    return timed(times, work, jax.block_until_ready)


def main():
    decode, evaluate, gradient = model()
    logits = np.random.default_rng(1).normal(size=(N, M)).astype(np.float32)
    print(f"{N} rows of {M} bits, {voidgrad.get_threads()} threads; the shortest of {RUNS} runs in microseconds")
    for estimator in (voidgrad.Rloo(), voidgrad.Disarm(), voidgrad.Arm(), voidgrad.ReinforceEma()):
        times = [[] for _ in range(5)]
        for step in range(RUNS):
            asked = timed(times[0], lambda: estimator.ask(logits, 1, row=step))
            b = jnp.asarray(asked.points)
            values = np.asarray(timed_jax(times[1], lambda: decode(b)))
            timed(times[2], lambda: asked.tell(values))
        for step in range(RUNS):
            timed_jax(times[3], lambda: evaluate(b))
            timed_jax(times[4], lambda: gradient(b))
        asking, decoding, telling, evaluating, training = (1e6 * min(list) for list in times)
        own = asking + telling
        others = (("decoder", decoding), ("with the encoder", evaluating), ("with all gradients", training))
        parts = ", ".join(f"{name} {time:6.0f} ({own / time:.1%})" for name, time in others)
        print(f"{estimator.name:14} K = {values.shape[1]}: ask and tell {own:6.0f}, {parts}")


if __name__ == "__main__":
    main()
