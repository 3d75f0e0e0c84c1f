"""f on the workers of a Dask cluster; the estimator stays here. `python spread_dask.py` starts two workers on this machine."""
import numpy as np
import voidgrad

WORKERS, STEPS = 2, 60


def f(points):
    """A simulator, of some rows: points (n, K, M) → values (n, K). It may take minutes, and be a program of its own."""
    return ((points - 0.4) ** 2).sum(2) + np.prod(points[..., :3], axis=2)


def train(spread):
    """`spread` evaluates f on a list of blocks of rows, wherever they are."""
    logits, estimator, means = np.zeros((100, 20)), voidgrad.Disarm(samples=4), []
    for step in range(STEPS):
        asked = estimator.ask(logits, seed=1, row=step)
        values = np.concatenate(spread(np.array_split(asked.points, WORKERS)))
        logits -= asked.tell(values)
        means.append(float(values.mean()))
    return means


if __name__ == "__main__":
    from dask.distributed import Client, LocalCluster

    # On many machines: Client("scheduler:8786").
    with LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        # Not pure: Dask would look for equal arguments, which it need not.
        for mean in train(lambda blocks: client.gather(client.map(f, blocks, pure=False))):
            print(mean)
