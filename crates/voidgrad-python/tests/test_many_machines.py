"""The examples in which f is spread out, against the same loop without them."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def printed(*command):
    result = subprocess.run([sys.executable, *command], cwd=EXAMPLES, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return [float(line) for line in result.stdout.split()]


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name, package", [("spread_dask", "distributed"), ("spread_ray", "ray")])
def test_workers_give_the_same_bits_as_one_process(name, package):
    pytest.importorskip(package)
    module = loaded(name)
    alone = module.train(lambda blocks: [module.f(block) for block in blocks])
    assert printed(f"{name}.py") == alone
    assert alone[-1] < 0.8 * alone[0]


def test_ranks_of_torch_train_the_same_model():
    pytest.importorskip("torch")
    ranks = {count: printed("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count), "spread_torch.py") for count in (1, 2)}
    # A matrix product of half of the rows may round otherwise, in f32, and 60 steps of Adam carry that on.
    assert ranks[2] == pytest.approx(ranks[1], rel=1e-3)
    assert ranks[1][-1] < 0.8 * ranks[1][0]
