"""The bench's variational autoencoder in JAX: whole steps in a scan under jit, derivatives by jax.grad."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

BATCH = 100
UNITS = 64


class Vae:
    def __init__(self, point, scalar):
        self.case, self.type, self.rate = point["case"], scalar, point["learning_rate"]
        model = point["model"]
        self.latents, self.pixels = model["latents"], model["pixels"]
        self.x = jnp.array(np.array(model["images"]).reshape(BATCH, self.pixels), scalar)
        self.choices = ["unsafe_rbg"]
        self.shapes = self.layout()
        self.start = self.unpack(np.array(point["phi"]))

    def layout(self):
        """Names, and the shapes of the transposed matrices: those of the bench stand column by column."""
        m, p = self.latents, self.pixels
        model = {"we": (p, m), "d": (m,), "wd": (m, p), "c": (p,), "a": (m,)}
        control = {"eta": (), "rate": ()}
        if self.case == "vae-relax":
            control |= {"of_x": (p, UNITS), "of_z": (m, UNITS), "bias": (UNITS,), "last": (UNITS,)}
        return model, control if self.case in ("vae-rebar", "vae-relax") else {}

    def unpack(self, flat):
        parts, at = [], 0
        for shapes in self.shapes:
            part = {}
            for name, shape in shapes.items():
                size = int(np.prod(shape))
                part[name] = jnp.array(flat[at : at + size].reshape(shape), self.type)
                at += size
            parts.append(part)
        return parts

    def pack(self, parts):
        flat = [np.asarray(part[name], np.float64).reshape(-1) for part, shapes in zip(parts, self.shapes) for name in shapes]
        return np.concatenate(flat)

    def bound(self, model, b, q):
        """f of the bits of every image: ln q(b|x) - ln p(b) - ln p(x|b)."""
        logits = (2 * b - 1) @ model["wd"] + model["c"]
        image = jnp.sum(self.x * logits - jax.nn.softplus(logits), -1)
        prior = jnp.sum(b * model["a"] - jax.nn.softplus(model["a"]), -1)
        return jnp.sum(b * q - jax.nn.softplus(q), -1) - prior - image

    def encode(self, model):
        return (2 * self.x - 1) @ model["we"] + model["d"]

    def descend(self, model, points, weight, g, q):
        """The gradient of everything but the control: g of the logits, and f at the points with their weight."""

        def loss(model):
            f = self.bound(model, points, jax.lax.stop_gradient(q))
            return (jnp.sum(self.encode(model) * g) + weight * jnp.sum(f)) / BATCH

        return jax.grad(loss)(model)

    def relaxed(self, model, control, q, z):
        s = jax.nn.sigmoid(z / jnp.exp(control["rate"]))
        c = control["eta"] * self.bound(model, s, q)
        if self.case == "vae-relax":
            hidden = (2 * self.x - 1) @ control["of_x"] + (2 * s - 1) @ control["of_z"] + control["bias"]
            c = c + jnp.tanh(hidden) @ control["last"]
        return c

    def gradients(self, model, control, u, v):
        q = self.encode(model)
        rest = jax.nn.sigmoid(-q)
        b = (u >= rest).astype(self.type)
        if self.case in ("vae-rloo", "vae-wide"):
            other = (v >= rest).astype(self.type)
            f, f_other = self.bound(model, b, q), self.bound(model, other, q)
            g = 0.5 * (f - f_other)[:, None] * (b - other)
            return self.descend(model, jnp.stack([b, other]), 0.5, g, q), {}
        if self.case == "vae-disarm":
            other = (1 - u >= rest).astype(self.type)
            f, f_other = self.bound(model, b, q), self.bound(model, other, q)
            g = 0.5 * (f - f_other)[:, None] * (b - other) * jax.nn.sigmoid(jnp.abs(q))
            return self.descend(model, jnp.stack([b, other]), 0.5, g, q), {}
        f = self.bound(model, b, q)
        z = q + jnp.log(u) - jnp.log1p(-u)
        w = jnp.exp(jnp.where(b > 0, q, -q))
        size = jnp.log1p(v * w) - jnp.log1p(-v)
        z_tilde, z_tilde_a = jnp.where(b > 0, size, -size), v * w / (1 + v * w)
        score = jnp.where(b > 0, rest, -jax.nn.sigmoid(q))

        def square(control):
            c = functools.partial(self.relaxed, model, control, q)
            c_z = jax.grad(lambda z: jnp.sum(c(z)))(z)
            c_tilde, back = jax.vjp(c, z_tilde)
            g = (f - c_tilde)[:, None] * score + c_z - back(jnp.ones_like(c_tilde))[0] * z_tilde_a
            return jnp.sum(g * g) / BATCH, g

        of_control, g = jax.grad(square, has_aux=True)(control)
        return self.descend(model, b[None], 1.0, g, q), of_control

    def step(self, state, noise):
        parts, first, second, count = state
        gradients = self.gradients(*parts, *noise)
        count = count + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, second, gradients)

        def moved(x, m, s):
            return x - self.rate * (m / (1 - 0.9**count)) / (jnp.sqrt(s / (1 - 0.999**count)) + 1e-8)

        return (jax.tree.map(moved, parts, first, second), first, second, count), None

    def begin(self):
        parts = tuple(self.start)
        zeros = jax.tree.map(jnp.zeros_like, parts)
        return parts, zeros, zeros, jnp.array(0, self.type)

    def check(self, u, v):
        u, v = (jnp.array(np.array(noise).reshape(-1, BATCH, self.latents), self.type) for noise in (u, v))
        (parts, *_), _ = jax.jit(lambda state, noise: jax.lax.scan(self.step, state, noise))(self.begin(), (u, v))
        return self.pack(parts).tolist()

    def make(self, generator, _):
        return Training(self, generator)


class Training:
    """Whole steps in a scan, with noise that is drawn in each of them."""

    def __init__(self, vae, generator):
        self.vae, self.steps = vae, 8 if vae.case == "vae-wide" else 64
        self.key = jax.random.key(1, impl=generator)
        step = 2.0**-53 if vae.type == jnp.float64 else 2.0**-24

        def uniform(key):
            draw = jax.random.uniform(key, (BATCH, vae.latents), vae.type)
            return jnp.clip(draw, step / 2, 1 - step)

        def body(state, key):
            first, second = jax.random.split(key)
            v = uniform(first) if vae.case == "vae-disarm" else uniform(second)
            return vae.step(state, (uniform(first), v))

        def run(key, state):
            key, own = jax.random.split(key)
            return key, jax.lax.scan(body, state, jax.random.split(own, self.steps))[0]

        self.compiled = jax.jit(run)
        self.run(1)

    def run(self, steps):
        state, count = self.vae.begin(), -(-steps // self.steps)
        for _ in range(count):
            self.key, state = self.compiled(self.key, state)
        return count * self.steps, self.vae.pack(state[0]).tolist()
