"""The bench's work in PyTorch: eager, in batches, derivatives by autograd."""

import torch

import pytorch_vae
import serve


def network(z, phi, target, width, activation, last):
    """z has a row for each sample; phi is lambda, w1, b1, W2 by columns, b2, w3, b3."""
    parts = torch.split(phi, [1, width, width, width * width, width, width, 1])
    log_lambda, w1, b1, w2, b2, w3, b3 = parts
    h1 = activation(z[:, None] * w1 + b1)
    h2 = activation(torch.addmm(b2, h1, w2.view(width, width)))
    return (torch.sigmoid(z / log_lambda.exp()) - target) ** 2 + last(torch.mv(h2, w3) + b3)


class Peer:
    choices = ["eager"]

    def __init__(self, point):
        torch.set_num_threads(1)
        self.case = point["case"]
        self.target, self.rate = point["target"], point["learning_rate"]
        self.type = torch.float64 if point["scalar"] == "f64" else torch.float32
        torch.set_default_dtype(self.type)
        self.logits = torch.tensor(point["logits"])
        self.phi = torch.tensor(point["phi"], requires_grad=True)

    def control(self, z, phi):
        if self.case == "rebar":
            return phi[0] * (torch.sigmoid(z / phi[1].exp()) - self.target) ** 2
        if self.case == "quadratic-200":
            return phi[0] * ((torch.sigmoid(z / phi[1].exp()) - self.target) ** 2).mean(1)
        if self.case == "relax-wide":
            return network(z, phi, self.target, 64, torch.tanh, lambda x: x)
        return network(z, phi, self.target, 5, torch.relu, torch.relu)

    def slope(self, z, phi):
        z = z.detach().requires_grad_()
        c = self.control(z, phi)
        return c, torch.autograd.grad(c.sum(), z, create_graph=True)[0]

    def estimate(self, logits, phi, u, v):
        """g, as a function of phi for autograd."""
        with torch.no_grad():
            a = logits
            z = a + torch.log(u) - torch.log1p(-u)
            b = z >= 0
            w = torch.where(b, a.exp(), (-a).exp())
            size = torch.log1p(v * (1 + w) / (1 - v))
            z_tilde, z_tilde_a = torch.where(b, size, -size), v * w / (1 + v * w)
            score = torch.where(b, torch.sigmoid(-a), -torch.sigmoid(a))
            f = (b.to(self.type) - self.target) ** 2
            if self.case == "quadratic-200":
                f = f.mean(1)
        _, c_z = self.slope(z, phi)
        c_tilde, c_z_tilde = self.slope(z_tilde, phi)
        advantage = f - c_tilde
        if self.case == "quadratic-200":
            advantage = advantage[:, None]
        return advantage * score + c_z - c_z_tilde * z_tilde_a

    def sums(self, u, v):
        g = self.estimate(self.logits, self.phi, u, v)
        square = (g * g).sum()
        (phi_bar,) = torch.autograd.grad(square, self.phi)
        return torch.cat([g.detach().sum(0).reshape(-1), square.detach()[None], phi_bar])

    def check(self, u, v):
        u, v = torch.tensor(u), torch.tensor(v)
        if self.case == "step":
            training = Training(self)
            for pair in zip(u.split(1), v.split(1)):
                training.step(*pair)
            return training.state()
        if self.case == "quadratic-200":
            u, v = u.view(-1, len(self.logits)), v.view(-1, len(self.logits))
        return self.sums(u, v).tolist()

    def make(self, _, size):
        return Training(self) if self.case == "step" else Batches(self, size)


def open_uniform(shape, type):
    # The interval is half open: the ends are moved by half a step, or one.
    step = 2.0**-53 if type == torch.float64 else 2.0**-24
    return torch.rand(shape).clamp_(step / 2, 1 - step)


class Batches:
    def __init__(self, peer, size):
        self.peer, self.size = peer, size
        self.shape = (size, len(peer.logits)) if peer.case == "quadratic-200" else (size,)

    def run(self, samples):
        count = -(-samples // self.size)
        sums = 0
        for _ in range(count):
            sums = sums + self.peer.sums(open_uniform(self.shape, self.peer.type), open_uniform(self.shape, self.peer.type))
        return count * self.size, sums.tolist()


class Training:
    """Adam on the logits and on phi, one sample a step."""

    def __init__(self, peer):
        self.peer = peer
        self.begin()

    def begin(self):
        self.logits = self.peer.logits.clone().requires_grad_()
        self.phi = self.peer.phi.detach().clone().requires_grad_()
        self.adam = torch.optim.Adam([self.logits, self.phi], lr=self.peer.rate)

    def step(self, u, v):
        g = self.peer.estimate(self.logits, self.phi, u, v)
        (self.phi.grad,) = torch.autograd.grad((g * g).sum(), self.phi)
        self.logits.grad = g.detach()
        self.adam.step()

    def state(self):
        return torch.cat([self.logits.detach(), self.phi.detach()]).tolist()

    def run(self, steps):
        self.begin()
        for _ in range(steps):
            self.step(open_uniform((1,), self.peer.type), open_uniform((1,), self.peer.type))
        return steps, self.state()


def peer(point):
    if not point["case"].startswith("vae-"):
        return Peer(point)
    torch.set_num_threads(1)
    scalar = torch.float64 if point["scalar"] == "f64" else torch.float32
    torch.set_default_dtype(scalar)
    return pytorch_vae.Vae(point, scalar)


if __name__ == "__main__":
    serve.serve(peer)
