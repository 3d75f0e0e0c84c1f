"""`python -m voidgrad new NAME`: a package with a control variate of your own."""

from __future__ import annotations

import argparse
import keyword
import re
import sys
from pathlib import Path

from . import _voidgrad
from ._template import FILES


def new(name: str, source: Path, folder: Path) -> None:
    """Writes the package into a new folder."""
    if not re.fullmatch("[a-z][a-z0-9_]*", name) or keyword.iskeyword(name) or name == "voidgrad":
        raise ValueError(f"{name!r} is no name for a package: small letters, digits and underscores are allowed, a letter first")
    if not (source / "Cargo.toml").is_file() or not (source.parent / "voidgrad" / "Cargo.toml").is_file():
        raise ValueError(f"{source} is not the folder crates/voidgrad-python of voidgrad's repository: say where that is with --source")
    if folder.exists():
        raise ValueError(f"{folder} is there already")
    for path, text in FILES.items():
        place = folder / path.replace("NAME", name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.replace("NAME", name).replace("SOURCE", source.resolve().as_posix()), encoding="utf-8")
    # The versions of crates that this package was tested with.
    lock = (source / "Cargo.lock").read_text(encoding="utf-8")
    own = f'[[package]]\nname = "{name}"\nversion = "0.1.0"\ndependencies = [\n "pyo3",\n "voidgrad",\n "voidgrad-python",\n]\n\n'
    (folder / "Cargo.lock").write_text(lock.replace("[[package]]\n", own + "[[package]]\n", 1), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m voidgrad", description="Tools of voidgrad.")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("new", help="write a package with a control variate of your own")
    command.add_argument("name", help="of the package, and of its folder")
    command.add_argument("--source", type=Path, default=Path(_voidgrad._source), help="the folder crates/voidgrad-python of voidgrad's repository")
    arguments = parser.parse_args()
    try:
        new(arguments.name, arguments.source, Path(arguments.name))
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"Wrote {arguments.name}. Next: cd {arguments.name}; maturin develop --release; python example.py")
    return 0


if __name__ == "__main__":
    sys.exit(main())
