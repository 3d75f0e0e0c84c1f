"""The bench's work in JAX: everything under jit, batches in a loop inside of it, derivatives by jax.grad and jax.jvp."""

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax
import jax.numpy as jnp
import numpy as np

import jax_vae
import serve


def unpack(phi, width):
    """lambda, w1, b1, W2 (by columns in phi), b2, w3, b3."""
    at = 1 + 2 * width
    w2 = phi[at : at + width * width].reshape(width, width).T
    rest = phi[at + width * width :]
    return jnp.exp(phi[0]), phi[1 : 1 + width], phi[1 + width : at], w2, rest[:width], rest[width : 2 * width], rest[-1]


def network(z, phi, target, width, activation, last):
    rate, w1, b1, w2, b2, w3, b3 = unpack(phi, width)
    h1 = activation(w1[:, None] * z + b1[:, None])
    h2 = activation(w2 @ h1 + b2[:, None])
    return (jax.nn.sigmoid(z / rate) - target) ** 2 + last(w3 @ h2 + b3)


class Peer:
    def __init__(self, point):
        self.case = point["case"]
        double = point["scalar"] == "f64"
        jax.config.update("jax_enable_x64", double)
        jax.config.update("jax_platforms", "cpu")
        self.type = jnp.float64 if double else jnp.float32
        self.point = point
        self.target = point["target"]
        self.rate = point["learning_rate"]
        self.logits = jnp.array(point["logits"], self.type)
        self.phi = jnp.array(point["phi"], self.type)
        self.choices = ["unsafe_rbg"] if self.case == "step" else ["unsafe_rbg", "rbg", "threefry2x32"]

    def control(self, z, phi):
        """c and its slopes; z has a column for each sample, and a row for each variable if there are many."""
        if self.case == "quadratic-200":
            def c(z):
                return phi[0] * jnp.mean((jax.nn.sigmoid(z / jnp.exp(phi[1])) - self.target) ** 2, axis=0)
            value, back = jax.vjp(c, z)
            return value, back(jnp.ones_like(value))[0]

        def c(z):
            if self.case == "rebar":
                return phi[0] * (jax.nn.sigmoid(z / jnp.exp(phi[1])) - self.target) ** 2
            if self.case == "relax-wide":
                return network(z, phi, self.target, 64, jnp.tanh, lambda x: x)
            return network(z, phi, self.target, 5, jax.nn.relu, jax.nn.relu)
        return jax.jvp(c, (z,), (jnp.ones_like(z),))

    def estimate(self, logits, phi, u, v):
        a = logits[:, None] if self.case == "quadratic-200" else logits[0]
        z = a + jnp.log(u) - jnp.log1p(-u)
        b = z >= 0
        w = jnp.where(b, jnp.exp(a), jnp.exp(-a))
        size = jnp.log1p(v * (1 + w) / (1 - v))
        z_tilde, z_tilde_a = jnp.where(b, size, -size), v * w / (1 + v * w)
        score = jnp.where(b, jax.nn.sigmoid(-a), -jax.nn.sigmoid(a))
        f = (b.astype(self.type) - self.target) ** 2
        if self.case == "quadratic-200":
            f = jnp.mean(f, axis=0)
        _, c_z = self.control(z, phi)
        c_tilde, c_z_tilde = self.control(z_tilde, phi)
        return (f - c_tilde) * score + c_z - c_z_tilde * z_tilde_a

    def square(self, phi, logits, u, v):
        g = self.estimate(logits, phi, u, v)
        return jnp.sum(g * g), g

    def sums(self, logits, phi, u, v):
        (square, g), phi_bar = jax.value_and_grad(self.square, has_aux=True)(phi, logits, u, v)
        gradient = jnp.sum(g, axis=1) if self.case == "quadratic-200" else jnp.sum(g)[None]
        return jnp.concatenate([gradient, square[None], phi_bar])

    def step(self, state, noise):
        """One step of Adam on logits and parameters, which are one vector here."""
        x, m, s, count = state
        u, v = noise
        (_, g), phi_bar = jax.value_and_grad(self.square, has_aux=True)(x[1:], x[:1], u[None], v[None])
        slope = jnp.concatenate([g, phi_bar])
        count = count + 1
        m = 0.9 * m + 0.1 * slope
        s = 0.999 * s + 0.001 * slope * slope
        x = x - self.rate * (m / (1 - 0.9**count)) / (jnp.sqrt(s / (1 - 0.999**count)) + 1e-8)
        return (x, m, s, count), None

    def start(self):
        x = jnp.concatenate([self.logits, self.phi])
        return x, jnp.zeros_like(x), jnp.zeros_like(x), jnp.array(0, self.type)

    def shape(self, samples):
        return (len(self.logits), samples) if self.case == "quadratic-200" else (samples,)

    def check(self, u, v):
        # Sample by sample in the file, one column each here.
        u, v = (jnp.array(np.array(noise).reshape(-1, len(self.logits)).T, self.type) for noise in (u, v))
        if self.case == "step":
            (x, *_), _ = jax.jit(lambda state, noise: jax.lax.scan(self.step, state, noise))(self.start(), (u[0], v[0]))
            return x.tolist()
        if self.case != "quadratic-200":
            u, v = u[0], v[0]
        return jax.jit(self.sums)(self.logits, self.phi, u, v).tolist()

    def make(self, choice, size):
        return Training(self, choice) if self.case == "step" else Batches(self, choice, size)


def open_uniform(peer, key, shape):
    uniform = jax.random.uniform(key, shape, peer.type)
    # The interval is half open: half a step makes it open.
    return uniform + (2.0**-53 if peer.type == jnp.float64 else 2.0**-24)


class Batches:
    """Batches of one size, their number an argument, in one compiled loop."""

    def __init__(self, peer, generator, size):
        self.size = size
        self.key = jax.random.key(1, impl=generator)
        length = len(peer.logits) + 1 + len(peer.phi)

        def run(key, logits, phi, count):
            def body(_, state):
                key, sums = state
                key, first, second = jax.random.split(key, 3)
                u, v = open_uniform(peer, first, peer.shape(size)), open_uniform(peer, second, peer.shape(size))
                return key, sums + peer.sums(logits, phi, u, v)

            return jax.lax.fori_loop(0, count, body, (key, jnp.zeros(length, peer.type)))

        self.compiled = jax.jit(run)
        self.arguments = (peer.logits, peer.phi)
        self.run(1)

    def run(self, samples):
        count = -(-samples // self.size)
        self.key, sums = self.compiled(self.key, *self.arguments, count)
        return count * self.size, sums.tolist()


class Training:
    """Whole steps in a scan."""

    STEPS = 4096

    def __init__(self, peer, generator):
        self.key, self.peer = jax.random.key(1, impl=generator), peer

        def run(key, state):
            key, first, second = jax.random.split(key, 3)
            noise = tuple(open_uniform(peer, part, (self.STEPS,)) for part in (first, second))
            return key, jax.lax.scan(peer.step, state, noise)[0]

        self.compiled = jax.jit(run)
        self.run(1)

    def run(self, steps):
        state, count = self.peer.start(), -(-steps // self.STEPS)
        for _ in range(count):
            self.key, state = self.compiled(self.key, state)
        return count * self.STEPS, state[0].tolist()


def peer(point):
    if not point["case"].startswith("vae-"):
        return Peer(point)
    double = point["scalar"] == "f64"
    jax.config.update("jax_enable_x64", double)
    jax.config.update("jax_platforms", "cpu")
    return jax_vae.Vae(point, jnp.float64 if double else jnp.float32)


if __name__ == "__main__":
    serve.serve(peer)
