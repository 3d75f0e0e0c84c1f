"""A variational autoencoder with 16 bits, in PyTorch."""
import torch, voidgrad
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy, softplus
torch.manual_seed(1)
data = (torch.rand(8, 64) < 0.5).float()[torch.randint(8, (200,))]
encoder, decoder = torch.nn.Linear(64, 16), torch.nn.Linear(16, 64)
optimiser, estimator = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], 0.02), voidgrad.Disarm()
f = lambda b: cross_entropy(decoder(b), data[:, None].expand(-1, b.shape[1], -1), reduction="none").sum(2)
for step in range(301):
    logits = encoder(data)
    entropy = (softplus(logits) - logits * torch.sigmoid(logits)).sum(1)
    loss = (voidgrad.torch.expect(f, logits, estimator, seed=1, row=step) - entropy).mean()
    optimiser.zero_grad(), loss.backward(), optimiser.step()
    if step % 100 == 0: print(step, loss.item())
