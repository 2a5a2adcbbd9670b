"""The kernel's faces of a session. This is where they are put together; only this module knows everybody."""

from functools import partial
from typing import Any

from IPython.core.displaypub import CapturingDisplayPublisher

from ofox_magic.chat.turn import Turn
from ofox_magic.jupyter.live import LiveCell
from ofox_magic.jupyter.magic import OfoxMagics
from ofox_magic.jupyter.painter import Painter, StillCell, TerminalCell
from ofox_magic.jupyter.screen import NotebookScreen, StaticScreen, Terminal
from ofox_magic.settings import Settings
from ofox_magic.wiring import Wiring

_ATTRIBUTE = "_ofox_wiring"


def install(shell: Any) -> Wiring:
    """
    Give *shell* the magics, and return what stands behind them.

    Installed again (`%reload_ext`), the conversation and its subscribers are those of before.
    """
    wiring: Wiring | None = getattr(shell, _ATTRIBUTE, None)
    if wiring is None:
        wiring = Wiring()
        setattr(shell, _ATTRIBUTE, wiring)
    if "ofox" not in shell.magics_manager.magics["cell"]:
        magics = OfoxMagics(shell, wiring, partial(_painter, shell))
        shell.register_magics(magics)
        shell.events.register("pre_run_cell", magics.begin_cell)
    return wiring


def uninstall(shell: Any) -> None:
    """Take the magics away and close connections. The conversation stays on the shell."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("ofox", None)
    magics = shell.magics_manager.registry.pop(OfoxMagics.__name__, None)
    if magics is not None:
        shell.events.unregister("pre_run_cell", magics.begin_cell)
    wiring = getattr(shell, _ATTRIBUTE, None)
    if wiring is not None:
        wiring.close()


def _painter(shell: Any, turn: Turn, settings: Settings, *, whole_cell: bool) -> Painter:
    if not hasattr(shell, "kernel"):
        return TerminalCell(turn, Terminal())
    if not settings.live or isinstance(shell.display_pub, CapturingDisplayPublisher):
        return StillCell(turn, StaticScreen(shell.display_pub))
    return LiveCell(turn, NotebookScreen(shell, whole_cell=whole_cell), settings.deadlines)
