"""f in tasks of Ray; the estimator stays here. `python spread_ray.py` starts Ray on this machine."""
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
    import ray

    # On many machines: ray.init("auto").
    ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False)
    remote = ray.remote(f)
    for mean in train(lambda blocks: ray.get([remote.remote(block) for block in blocks])):
        print(mean)
    ray.shutdown()
