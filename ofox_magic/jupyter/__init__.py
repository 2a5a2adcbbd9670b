"""The kernel's faces of a session. This is where they are put together; only this module knows everybody."""

from collections.abc import Callable
from functools import partial
from typing import Any

from ofox_magic.chat.turn import Turn
from ofox_magic.jupyter.live import LiveCell, Painter, StillCell, TerminalCell
from ofox_magic.jupyter.magic import OfoxMagics
from ofox_magic.jupyter.screen import NotebookScreen, StaticScreen, Terminal
from ofox_magic.settings import Settings
from ofox_magic.wiring import Wiring

_ATTRIBUTE = "_ofox_wiring"


def install(shell: Any) -> Wiring:
    """
    Give *shell* the magics, and return what stands behind them.

    Installed again (`%reload_ext`), the conversation and its subscribers are those of before.
    """
    wiring = getattr(shell, _ATTRIBUTE, None)
    if wiring is None:
        wiring = Wiring()
        setattr(shell, _ATTRIBUTE, wiring)
    if "ofox" not in shell.magics_manager.magics["cell"]:
        shell.register_magics(OfoxMagics(shell, wiring, partial(_painter, shell)))
    return wiring


def uninstall(shell: Any) -> None:
    """Take the magics away and close connections. The conversation stays on the shell."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("ofox", None)
    shell.magics_manager.registry.pop(OfoxMagics.__name__, None)
    wiring = getattr(shell, _ATTRIBUTE, None)
    if wiring is not None:
        wiring.close()


def _painter(shell: Any, turn: Turn, settings: Settings) -> Painter:
    publisher: Callable[[], Any] = lambda: shell.display_pub  # noqa: E731 - `%%capture` exchanges it
    if not hasattr(shell, "kernel"):
        return TerminalCell(turn, Terminal())
    if not settings.live:
        return StillCell(turn, StaticScreen(publisher))
    return LiveCell(turn, NotebookScreen(publisher), settings.deadlines)
