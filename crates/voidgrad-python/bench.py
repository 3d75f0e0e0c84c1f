"""What ask and tell cost beside a model: N = 100 rows of M = 200 bits, and an autoencoder 784-200-784 of JAX on the same rows.

`python bench.py` prints the shortest of interleaved runs: other programs on the machine can only make a run longer.
"""

import time

import jax
import jax.numpy as jnp
import numpy as np

import voidgrad

N, M, PIXELS, RUNS = 100, 200, 784, 200


def model():
    """Two functions of (N, K, M) bits, jitted: the decoder's values, and the gradients of a training step by all weights."""
    keys = jax.random.split(jax.random.key(1), 3)
    x = jax.random.bernoulli(keys[0], 0.5, (N, PIXELS)).astype(jnp.float32)
    weights = [0.05 * jax.random.normal(keys[1], (PIXELS, M)), 0.05 * jax.random.normal(keys[2], (M, PIXELS))]

    @jax.jit
    def decode(weights, x, b):
        return jnp.logaddexp(0, (1 - 2 * x[:, None]) * (b @ weights[1])).sum(2)

    @jax.jit
    @jax.grad
    def gradient(weights, x, b):
        # The encoder's part is that of a given gradient by its logits.
        return decode(weights, x, b).mean() + (x @ weights[0]).mean()

    return lambda b: decode(weights, x, b), lambda b: gradient(weights, x, b)


def once(work):
    start = time.perf_counter()
    jax.block_until_ready(work())
    return time.perf_counter() - start


def main():
    decode, gradient = model()
    logits = np.random.default_rng(1).normal(size=(N, M)).astype(np.float32)
    print(f"{N} rows of {M} bits, {voidgrad.get_threads()} threads; the shortest of {RUNS} runs in microseconds")
    for estimator in (voidgrad.Rloo(), voidgrad.Disarm(), voidgrad.Arm(), voidgrad.ReinforceEma()):
        b = jnp.asarray(np.array(estimator.ask(logits, 0).points))
        values = np.array(decode(b))
        times = {"decode": [], "gradient": [], "own": []}
        step = 0

        def own():
            nonlocal step
            step += 1
            return estimator.ask(logits, 1, row=step).tell(values)

        for work in (lambda: decode(b), lambda: gradient(b), own):
            work()
        for _ in range(RUNS):
            times["decode"].append(once(lambda: decode(b)))
            times["gradient"].append(once(lambda: gradient(b)))
            times["own"].append(once(own))
        decoding, training, asking = (1e6 * min(times[name]) for name in ("decode", "gradient", "own"))
        print(
            f"{estimator.name:14} K = {values.shape[1]}: ask and tell {asking:6.0f}, decoder {decoding:6.0f} ({asking / decoding:.1%}), "
            f"with all gradients {training:6.0f} ({asking / training:.1%})"
        )


if __name__ == "__main__":
    main()
