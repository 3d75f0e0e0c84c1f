"""A class for each estimator of the library's tables. A new row of a table is a new class."""

import inspect

from ._estimator import METHODS, Estimator, class_name

# What each argument means, and what it is if it is not given.
ARGUMENTS = {
    "size": (None, "of the distribution, for \"subset\" k of the M elements, for \"plackett-luce\" k places, for \"chain\" T places, for \"binomial\" n trials"),
    "samples": (None, "K, the number of evaluations of f for each row; the least that makes sense unless given"),
    "baseline": (0.0, "the constant c"),
    "temperature": (0.5, "the temperature λ"),
    "eta": (1.0, "η, the scale of the control, at its beginning"),
    "target": (None, "t: the control relaxes the mean of (b_m - t)², which is compiled; unless given, Rebar and Relax relax your own f, and the others have t = 0"),
    "decay": (None, "the factor in [0, 1) by which what was learned from earlier rounds is forgotten with each row; the estimator's own unless given"),
    "draw": (0, "the seed that the control's weights are drawn with"),
    "learning_rate": (0.01, "of Adam, which trains the control on the variance in each `tell`; 0 to hold it"),
}


def _documentation(method, takes):
    lines = [f"{method['title']}: {method['formula']}.", ""]
    mean = "unbiased" if method["unbiased"] else "BIASED"
    needs = "f and ∇f: tell(values, gradients)" if method["needs_gradient"] else "f"
    lines += [f"{mean}; evaluations of f for each row: {method['evaluations']}; needs {needs}.", f"Source: {method['source']}."]
    if method["parameters"]:
        lines.append(f"Parameters: {method['parameters']}.")
    lines += ["", "Arguments:", f"    distribution: {', '.join(repr(one) for one in method['distributions'])}; the first unless given"]
    lines += [f"    {argument}: {ARGUMENTS[argument][1]}" for argument in takes]
    return "\n".join(lines)


def _make(method):
    distributions = method["distributions"]
    takes = [argument for argument in ARGUMENTS if any(argument in taken for taken in distributions.values())]

    def __init__(self, distribution=None, **arguments):
        Estimator.__init__(self, method["name"], distribution, **arguments)
        self._made = ((distribution,), arguments)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)]
    parameters.append(inspect.Parameter("distribution", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=next(iter(distributions))))
    parameters += [inspect.Parameter(name, keyword, default=ARGUMENTS[name][0]) for name in takes]
    __init__.__signature__ = inspect.Signature(parameters)
    __init__.__doc__ = "See the class."
    body = {"__init__": __init__, "__doc__": _documentation(method, takes), "__module__": "voidgrad"}
    return type(class_name(method["name"]), (Estimator,), body)


classes = {class_name(name): _make(method) for name, method in METHODS.items()}


def table() -> str:
    """The estimators as text, one row for each: class, formula, evaluations of f, what it needs, whether it is unbiased, and its distributions."""
    head = ("class", "evaluations", "needs", "mean", "distributions", "formula")
    rows = [head]
    for name, method in METHODS.items():
        needs = "f and ∇f" if method["needs_gradient"] else "f"
        mean = "unbiased" if method["unbiased"] else "biased"
        rows.append((class_name(name), method["evaluations"], needs, mean, ", ".join(method["distributions"]), method["formula"]))
    widths = [max(len(row[i]) for row in rows) for i in range(len(head) - 1)]
    return "\n".join("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[-1]]) for row in rows)
