"""The bench's variational autoencoder in PyTorch: eager steps, derivatives by autograd."""

import torch
from torch.nn.functional import softplus

BATCH = 100
UNITS = 64


def open_uniform(shape, type):
    # The interval is half open: the ends are moved by half a step, or one.
    step = 2.0**-53 if type == torch.float64 else 2.0**-24
    return torch.rand(shape).clamp_(step / 2, 1 - step)


class Vae:
    choices = ["eager"]

    def __init__(self, point, scalar):
        self.case, self.type, self.rate = point["case"], scalar, point["learning_rate"]
        model = point["model"]
        self.latents, self.pixels = model["latents"], model["pixels"]
        self.x = torch.tensor(model["images"]).view(BATCH, self.pixels)
        self.flat = torch.tensor(point["phi"])

    def begin(self):
        m, p = self.latents, self.pixels
        # Transposed: the matrices of the bench stand column by column.
        shapes = {"we": (p, m), "d": (m,), "wd": (m, p), "c": (p,), "a": (m,)}
        if self.case in ("vae-rebar", "vae-relax"):
            shapes |= {"eta": (), "rate": ()}
        if self.case == "vae-relax":
            shapes |= {"of_x": (p, UNITS), "of_z": (m, UNITS), "bias": (UNITS,), "last": (UNITS,)}
        sizes = [torch.Size(shape).numel() for shape in shapes.values()]
        parts = zip(shapes.items(), self.flat.split(sizes))
        self.p = {name: part.clone().view(shape).requires_grad_() for (name, shape), part in parts}
        self.control = [part for name, part in self.p.items() if name in ("eta", "rate", "of_x", "of_z", "bias", "last")]
        self.adam = torch.optim.Adam(self.p.values(), lr=self.rate)

    def bound(self, b, q):
        p = self.p
        logits = (2 * b - 1) @ p["wd"] + p["c"]
        image = (self.x * logits - softplus(logits, threshold=1e3)).sum(-1)
        prior = (b * p["a"] - softplus(p["a"], threshold=1e3)).sum(-1)
        return (b * q - softplus(q, threshold=1e3)).sum(-1) - prior - image

    def relaxed(self, z, q):
        p = self.p
        s = torch.sigmoid(z / p["rate"].exp())
        c = p["eta"] * self.bound(s, q)
        if self.case == "vae-relax":
            hidden = (2 * self.x - 1) @ p["of_x"] + (2 * s - 1) @ p["of_z"] + p["bias"]
            c = c + torch.tanh(hidden) @ p["last"]
        return c

    def slope(self, z, q):
        z = z.detach().requires_grad_()
        c = self.relaxed(z, q)
        return c, torch.autograd.grad(c.sum(), z, create_graph=True)[0]

    def step(self, u, v):
        logits = (2 * self.x - 1) @ self.p["we"] + self.p["d"]
        q = logits.detach()
        rest = torch.sigmoid(-q)
        b = (u >= rest).to(self.type)
        f = self.bound(b, q)
        gradients = ()
        if self.control:
            with torch.no_grad():
                z = q + torch.log(u) - torch.log1p(-u)
                w = torch.where(b > 0, q, -q).exp()
                size = torch.log1p(v * w) - torch.log1p(-v)
                z_tilde, z_tilde_a = torch.where(b > 0, size, -size), v * w / (1 + v * w)
                score = torch.where(b > 0, rest, -torch.sigmoid(q))
            _, c_z = self.slope(z, q)
            c_tilde, c_z_tilde = self.slope(z_tilde, q)
            g = (f.detach() - c_tilde)[:, None] * score + c_z - c_z_tilde * z_tilde_a
            gradients = torch.autograd.grad((g * g).sum() / BATCH, self.control)
            value = f.sum()
        else:
            other = ((1 - u if self.case == "vae-disarm" else v) >= rest).to(self.type)
            f_other = self.bound(other, q)
            g = 0.5 * (f - f_other).detach()[:, None] * (b - other)
            if self.case == "vae-disarm":
                g = g * torch.sigmoid(q.abs())
            value = 0.5 * (f + f_other).sum()
        self.adam.zero_grad()
        (((logits * g.detach()).sum() + value) / BATCH).backward()
        for part, gradient in zip(self.control, gradients):
            part.grad = gradient
        self.adam.step()

    def state(self):
        return torch.cat([part.detach().reshape(-1) for part in self.p.values()]).tolist()

    def check(self, u, v):
        self.begin()
        shape = (-1, BATCH, self.latents)
        for pair in zip(torch.tensor(u).view(shape), torch.tensor(v).view(shape)):
            self.step(*pair)
        return self.state()

    def make(self, _, size):
        return self

    def run(self, steps):
        self.begin()
        shape = (BATCH, self.latents)
        for _ in range(steps):
            u = open_uniform(shape, self.type)
            self.step(u, u if self.case == "vae-disarm" else open_uniform(shape, self.type))
        return steps, self.state()
