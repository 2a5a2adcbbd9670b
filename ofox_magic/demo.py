"""
Runs the packaged tour: in a kernel of its own, printed as it goes, or in JupyterLab.

Knows where the tour is and what environment it needs; nothing of what its cells do.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from ofox_magic.errors import ConfigError, OfoxError
from ofox_magic.settings import PRACTICE, Settings
from ofox_magic.untrusted import printable

TOUR = "tour.ipynb"
_KERNEL = "ofox-demo"
_OURS = ("OFOX_", "OFOXAI_")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_AFTER = """\
That was the tour, in a kernel of its own. To play with it in JupyterLab: ofox-magic demo --lab
(JupyterLab comes with: pip install 'ofox_magic[lab]')"""


def run(*, live: bool, timeout: int) -> int:
    """
    Run the tour and print it, cell by cell; no cell may take longer than *timeout* seconds.

    Returns 0, or 1 where a cell failed. Raises ConfigError where something is missing, OfoxError where a cell hangs.
    """
    _require("demo", "nbclient", "nbformat")
    environment = _live(os.environ) if live else _on_practice(os.environ)
    with TemporaryDirectory(prefix="ofox-demo-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _copy_tour(folder / TOUR)
        # an IPython folder of its own: no start-up file of the user's runs, and no home is needed
        environment |= {"OFOX_LIVE": "0", "IPYTHONDIR": str(folder / "ipython")}
        done = asyncio.run(_execute(folder, environment, timeout))
    if done:
        print(_AFTER)
    return 0 if done else 1


def open_in_lab() -> NoReturn:
    """Put the tour into this folder unless it is there, and become JupyterLab with it."""
    _require("lab", "jupyterlab")
    here = Path(TOUR)
    if here.exists():
        print(f"{TOUR} is in this folder already: it is opened as it is")
    else:
        _copy_tour(here)
    environment = {"JUPYTER_PREFER_ENV_PATH": "1", **os.environ}  # this interpreter's kernel, not one of the user's
    if not _can_talk(Settings.read(environment)):
        print("no key is set (OFOX_API_KEY): the tour talks with the practice gateway")
        environment["OFOX_BASE_URL"] = PRACTICE
    _become([sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", *_as_root(), TOUR], environment)


# -- what is needed -----------------------------------------------------------------------------------------------


def _require(extra: str, *modules: str) -> None:
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise ConfigError(f"this needs {' and '.join(missing)}: pip install 'ofox_magic[{extra}]'")


def _can_talk(settings: Settings) -> bool:
    return settings.api_key is not None or settings.is_local or settings.practice


def _live(environment: Mapping[str, str]) -> dict[str, str]:
    settings = Settings.read(environment)
    if settings.practice:
        raise ConfigError("--live: OFOX_BASE_URL is `practice`; unset it to talk with the real gateway")
    if not _can_talk(settings):
        raise ConfigError("--live: no key; expected one in OFOX_API_KEY. Without --live the demo needs none")
    return dict(environment)


def _on_practice(environment: Mapping[str, str]) -> dict[str, str]:
    """Without any setting of the user's: a key has no business there, and a model may be unknown there."""
    kept = {name: value for name, value in environment.items() if not name.startswith(_OURS)}
    return {**kept, "OFOX_BASE_URL": PRACTICE}


def _as_root() -> tuple[str, ...]:
    return ("--allow-root",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()


def _become(command: list[str], environment: Mapping[str, str]) -> NoReturn:
    """Let *command* take the place of this process, so that Ctrl-C and every other signal is its own."""
    sys.stdout.flush()
    if sys.platform == "win32":  # has no such thing
        sys.exit(subprocess.call(command, env=environment))  # noqa: S603 - our own words
    os.execve(command[0], command, environment)  # noqa: S606


# -- the tour -----------------------------------------------------------------------------------------------------


def _copy_tour(target: Path) -> None:
    target.write_bytes(_tour().read_bytes())


def _tour() -> Traversable:
    """In an installed package the tour lies within; in a checkout beside it, where nbval runs it."""
    within = files("ofox_magic") / "notebooks" / TOUR
    if within.is_file():
        return within
    beside = Path(__file__).parents[1] / "notebooks" / TOUR
    if not beside.is_file():
        raise ConfigError(f"{TOUR} is missing: expected it at {within}. Install ofox_magic again")
    return beside


async def _execute(folder: Path, environment: Mapping[str, str], cell_timeout: int) -> bool:
    """Return whether all cells of the tour in *folder* went well."""
    import nbformat
    from nbclient import NotebookClient

    manager = _kernel_manager(folder)
    client = NotebookClient(
        nbformat.read(folder / TOUR, as_version=4),
        km=manager,
        timeout=cell_timeout,
        iopub_timeout=cell_timeout,  # a busy machine is late with outputs, and nbclient goes on without them after 4 s
        extra_arguments=["--log-level=ERROR"],  # a kernel of today warns that it listens on loopback
    )
    # step by step, since nbclient's own whole way catches Ctrl-C and goes on to say that the kernel died
    try:
        await client.async_start_new_kernel(env=environment, cwd=str(folder))
        await client.async_start_new_kernel_client()
        return await _play(client)
    except RuntimeError as error:
        raise OfoxError(f"the kernel failed: {error}") from None
    finally:
        if client.kc is not None:
            client.kc.stop_channels()
        await manager.shutdown_kernel(now=True)


async def _play(client: Any) -> bool:
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    for index, cell in enumerate(client.nb.cells):
        _print_source(cell)
        try:
            await client.async_execute_cell(cell, index)
        except CellExecutionError:
            return False
        except CellTimeoutError:
            raise OfoxError(f"the cell took longer than {client.timeout} s; --timeout allows more") from None
        except DeadKernelError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # by Ctrl-C; nbclient takes it for a death
                raise asyncio.CancelledError from None
            raise
        finally:
            _print_outputs(cell)
    return True


def _kernel_manager(folder: Path) -> Any:
    """A manager that knows one kernel: this interpreter. A `python3` that Jupyter finds may be another one."""
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpecManager

    spec = folder / "kernels" / _KERNEL / "kernel.json"
    spec.parent.mkdir(parents=True)
    # -X: as ipykernel does it, since its debugger warns otherwise
    argv = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": _KERNEL, "language": "python"}), encoding="utf-8")
    return AsyncKernelManager(
        kernel_name=_KERNEL,
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(spec.parents[1])]),
        connection_file=str(folder / "connection.json"),
    )


# -- what is printed ----------------------------------------------------------------------------------------------


def _print_source(cell: Any) -> None:
    print(_as_typed(cell.source) if cell.cell_type == "code" else cell.source, end="\n\n", flush=True)


def _print_outputs(cell: Any) -> None:
    for is_stream, outputs in groupby(cell.get("outputs", ()), lambda output: output.output_type == "stream"):
        text = ("" if is_stream else "\n\n").join(map(_text, outputs))
        print(printable(_COLOUR.sub("", text)).rstrip(), end="\n\n", flush=True)


def _as_typed(source: str) -> str:
    return "In: " + source.replace("\n", "\n  : ")


def _text(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return "\n".join(output.traceback)
    return str(output.data.get("text/plain", ""))
