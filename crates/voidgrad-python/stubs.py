"""Writes python/voidgrad/__init__.pyi: `python stubs.py`, with the package installed. A test compares it with what is there."""

import inspect
from pathlib import Path

from voidgrad._classes import ARGUMENTS, classes

HEAD = '''# Written by stubs.py: do not edit.
from typing import Optional

from . import distributions as distributions
from . import variance as variance
from ._estimator import Estimator as Estimator
from ._estimator import estimator as estimator
from ._estimator import set_threads as set_threads
from ._own import own_control as own_control
from ._voidgrad import Asked as Asked
from ._voidgrad import __version__ as __version__
from ._voidgrad import get_threads as get_threads

def table() -> str:
    """The estimators as text, one row for each."""
'''
TYPES = {"size": "Optional[int]", "samples": "Optional[int]", "draw": "int", "target": "Optional[float]", "decay": "Optional[float]"}


def stub():
    parts = [HEAD]
    for name, one in classes.items():
        first, *others = list(inspect.signature(one.__init__).parameters.values())[1:]
        arguments = [f"{first.name}: str = {first.default!r}"]
        if others:
            arguments.append("*")
        arguments += [f"{argument.name}: {TYPES.get(argument.name, 'float')} = {argument.default!r}" for argument in others]
        text = "\n    ".join(line if line else "" for line in one.__doc__.split("\n"))
        text = "\n".join(line.rstrip() for line in text.split("\n"))
        parts.append(f'\nclass {name}(Estimator):\n    """{text}\n    """\n\n    def __init__(self, {", ".join(arguments)}) -> None: ...\n')
    return "".join(parts)


PATH = Path(__file__).parent / "python" / "voidgrad" / "__init__.pyi"

if __name__ == "__main__":
    PATH.write_text(stub(), encoding="utf-8")
