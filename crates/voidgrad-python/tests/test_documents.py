"""What is written for readers: the README, the examples and the stubs."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import voidgrad

ROOT = Path(__file__).parent.parent


def test_the_readme_runs():
    pytest.importorskip("torch")
    pytest.importorskip("jax")
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert len(blocks) == 8
    names = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)


def test_the_notebook_runs():
    """All but its figure, with fewer and shorter runs."""
    notebook = json.loads((ROOT.parent.parent / "notebooks" / "first_experiment.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    long, short, names, threads = "RUNS, STEPS, EVERY = 10, 10_000, 500", "RUNS, STEPS, EVERY = 1, 1_000, 500", {}, voidgrad.get_threads()
    assert sum(long in cell for cell in cells) == 1 and len(cells) == 5
    for cell in cells[:-1]:
        exec(cell.replace("import matplotlib.pyplot as plt\n", "").replace(long, short), names)
    voidgrad.set_threads(threads)
    assert names["courses"]["REBAR"].shape == (1, 3, 2)


@pytest.mark.parametrize("library, share", [("torch", 0.1), ("jax", 0.1)])
def test_an_example_trains_in_fifteen_lines(library, share):
    pytest.importorskip(library)
    path = ROOT / "examples" / f"train_{library}.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 15
    output = subprocess.run([sys.executable, path], capture_output=True, text=True, check=True).stdout
    losses = [float(line.split()[1]) for line in output.splitlines()]
    assert len(losses) == 4 and losses[-1] < share * losses[0], output


def test_the_stubs_are_up_to_date():
    stubs = runpy.run_path(str(ROOT / "stubs.py"))
    found = (ROOT / "python" / "voidgrad" / "__init__.pyi").read_text(encoding="utf-8")
    assert stubs["stub"]() == found, "run `python stubs.py`"


def test_the_package_is_typed():
    assert (Path(voidgrad.__file__).parent / "py.typed").exists()
