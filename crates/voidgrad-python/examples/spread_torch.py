"""A decoder on many ranks of torch.distributed: `torchrun --standalone --nproc-per-node 2 spread_torch.py`.

Every rank asks for all rows and gets the same bits, since the noise has a name. It evaluates its own rows, all ranks exchange the values, and each tells all of them: so the estimator is the same
everywhere, and no point is sent.
"""
import numpy as np
import torch
import torch.distributed as dist
import voidgrad
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

ROWS, BITS, PIXELS, STEPS = 64, 12, 30, 60


def main():
    dist.init_process_group("gloo")
    rank, ranks = dist.get_rank(), dist.get_world_size()
    torch.manual_seed(1)
    torch.set_num_threads(1)
    images = (torch.rand(8, PIXELS) < 0.5).float()[torch.arange(ROWS) % 8]
    decoder, logits, estimator = torch.nn.Linear(BITS, PIXELS), torch.zeros(ROWS, BITS), voidgrad.ReinforceEma()
    own = torch.arange(ROWS).tensor_split(ranks)[rank]
    optimiser = torch.optim.Adam(decoder.parameters(), 0.05)
    for step in range(STEPS):
        asked = estimator.ask(logits, seed=1, row=step)
        points = torch.from_numpy(asked.points[own.numpy()])
        pixels = images[own, None].expand(-1, points.shape[1], -1)
        values = cross_entropy(decoder(points), pixels, reduction="none").sum(2)
        # A sum in which each row comes from one rank: all ranks get all values.
        everywhere = torch.zeros(ROWS, points.shape[1])
        everywhere[own] = values.detach()
        dist.all_reduce(everywhere)
        logits -= 0.1 * torch.from_numpy(np.array(asked.tell(everywhere)))
        # f's own parameters: Σ_k w_k ∂f/∂ψ of the own rows, added up over the ranks.
        weights = torch.from_numpy(asked.weights[own.numpy()])
        optimiser.zero_grad()
        ((weights * values).sum() / ROWS).backward()
        for parameter in decoder.parameters():
            dist.all_reduce(parameter.grad)
        optimiser.step()
        if rank == 0:
            print(everywhere.mean().item(), flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
