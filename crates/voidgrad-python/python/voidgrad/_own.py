"""Estimators with a control variate of a user's own crate."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ._estimator import MODULES, Estimator, class_name

FORMS = ("independent", "coupled", "leave-one-out")


class _Own(Estimator):
    """See `own_control`."""

    _module: ModuleType
    _name: str

    def __init__(self, form: str = "independent", samples: int = 2, learning_rate: float = 0.01) -> None:
        if form not in FORMS:
            raise ValueError(f"form = {form!r} is none of {', '.join(FORMS)}")
        self._core = getattr(self._module, self._name)(form, samples, learning_rate)
        self._method = {"name": self._name, "unbiased": True}
        self._distribution = "bernoulli"
        self._arguments = {"form": form, "samples": samples, "learning_rate": learning_rate}
        self._made = ((), self._arguments)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in self._arguments.items())})"


def own_control(module: ModuleType, name: str, package: str) -> type[Any]:
    """A class of estimators of Bernoulli variables with the control of this name, which `add_control` of the crate voidgrad-python has added to a compiled module.

    Its arguments are the form, samples and the learning rate of what trains the control on the variance. The form is "independent" (RELAX: z and z̃ have noise of their own), "coupled" (z̃ = z), or
    "leave-one-out" (RELAX of so many samples). `python -m voidgrad new` writes a package that calls this.
    """
    if module not in MODULES:
        MODULES.append(module)
        from ._voidgrad import get_threads

        module.set_threads(get_threads())
    text = f"Estimator with the control {name}. Arguments: form, one of {', '.join(FORMS)}; samples of leave-one-out; learning_rate of the control, 0 to hold it."
    return type(class_name(name.replace("_", "-")), (_Own,), {"_module": module, "_name": name, "__module__": package, "__doc__": text})
