"""A variational autoencoder with 16 bits, in JAX."""
import jax, jax.numpy as jnp, voidgrad
keys = jax.random.split(jax.random.key(1), 4)
data = jax.random.bernoulli(keys[0], 0.5, (8, 64)).astype(float)[jax.random.randint(keys[1], (200,), 0, 8)]
weights = [0.1 * jax.random.normal(keys[2], (64, 16)), 0.1 * jax.random.normal(keys[3], (16, 64))]
def loss(weights, step):
    logits = data @ weights[0]
    f = lambda b: jnp.logaddexp(0, (1 - 2 * data[:, None]) * ((2 * b - 1) @ weights[1])).sum(2)
    entropy = (jax.nn.softplus(logits) - logits * jax.nn.sigmoid(logits)).sum(1)
    return (voidgrad.jax.expect(f, logits, voidgrad.Disarm(), seed=1, row=step) - entropy).mean()
advance = jax.jit(jax.value_and_grad(loss))
for step in range(301):
    value, slopes = advance(weights, step)
    weights = [w - 0.1 * slope for w, slope in zip(weights, slopes)]
    if step % 100 == 0: print(step, value)
