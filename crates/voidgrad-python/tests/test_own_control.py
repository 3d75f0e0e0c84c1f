"""`python -m voidgrad new`, from the template to a gradient."""

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import voidgrad
from problem import LOGITS, PSI, assert_mean, exact, f

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    maturin = shutil.which("maturin", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if maturin is None or shutil.which("cargo") is None:
        pytest.skip("maturin and cargo build an own control, and one of them is missing")
    folder = tmp_path_factory.mktemp("own")
    subprocess.run([sys.executable, "-m", "voidgrad", "new", "mine", "--source", ROOT], cwd=folder, check=True)
    # What has been built for the package serves here too.
    environment = {**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target"), "CARGO_INCREMENTAL": "0", "PYO3_PYTHON": sys.executable}
    build = [maturin, "build", "--release", "--quiet", "--locked", "--out", folder / "wheels", "--interpreter", sys.executable]
    subprocess.run(build, cwd=folder / "mine", env=environment, check=True)
    (wheel,) = (folder / "wheels").iterdir()
    subprocess.run([sys.executable, "-m", "zipfile", "-e", wheel, folder / "site"], check=True)
    sys.path.insert(0, str(folder / "site"))
    import mine

    yield mine
    sys.path.remove(str(folder / "site"))


@pytest.mark.parametrize("form", ["independent", "coupled", "leave-one-out"])
def test_an_own_control_gives_the_gradient(mine, form):
    estimator = mine.Ramp(form, samples=3)
    for step, rows in enumerate((50, 50, 20_000)):
        asked = estimator.ask(np.tile(LOGITS, (rows, 1)), 1, row=step)
        asked.tell(f(asked.points, np.tile(PSI, (rows, 1))))
    assert asked.points.shape[1] == (3 if form == "leave-one-out" else 1)
    assert_mean(asked.gradient, exact()[1], 1e-12)
    assert list(estimator.control) == ["left", "right", "lambda"]


def test_an_own_control_lowers_the_variance(mine):
    own = lambda b: (b.sum(-1) - 3.3) ** 2
    plain, ramp = voidgrad.variance.compare(own, np.zeros(5), ["reinforce", mine.Ramp(learning_rate=0.1)])
    assert ramp.variance < 0.5 * plain.variance and ramp.name == "ramp"


def test_an_own_control_is_an_estimator_like_others(mine):
    estimator = mine.Ramp()
    estimator.ask(np.zeros((2, 3)), 1).tell(np.ones((2, 1)))
    other = pickle.loads(pickle.dumps(estimator))
    assert type(other) is mine.Ramp and other.control == estimator.control and "ramp" in mine.Ramp.__doc__
    results = []
    before = voidgrad.get_threads()
    for threads in (1, 3):
        voidgrad.set_threads(threads)
        results.append(estimator.copy().ask(np.zeros((100, 3)), 5).tell(np.arange(100.0)[:, None]))
    voidgrad.set_threads(before)
    assert np.array_equal(*results)
    with pytest.raises(ValueError, match="form = 'both' is none of"):
        mine.Ramp("both")
    with pytest.raises(ValueError, match="from 2 to 1000000"):
        mine.Ramp("leave-one-out", samples=1)


@pytest.mark.parametrize("arguments, text", [(["Mine"], "is no name for a package"), (["mine", "--source", "nowhere"], "--source"), (["mine"], "is there already")])
def test_a_package_that_cannot_be_written_is_refused(tmp_path, arguments, text):
    (tmp_path / "mine").mkdir()
    source = [] if "--source" in arguments else ["--source", ROOT]
    result = subprocess.run([sys.executable, "-m", "voidgrad", "new", *arguments, *source], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 2 and text in result.stderr and not result.stdout
