"""The kernel's faces of a session. This is where they are put together; only this module knows everybody."""

from functools import partial
from typing import TYPE_CHECKING, Any

from IPython.core.displaypub import CapturingDisplayPublisher

from ofox_magic.jupyter import completion
from ofox_magic.jupyter.kit import Kit
from ofox_magic.jupyter.magic import OfoxMagics
from ofox_magic.settings import Settings

if TYPE_CHECKING:
    from ofox_magic.chat.messages import ToParts
    from ofox_magic.chat.turn import Turn
    from ofox_magic.jupyter.bundle import Look
    from ofox_magic.jupyter.painter import Painter

_ATTRIBUTE = "_ofox_kit"


def install(shell: Any) -> Kit:
    """
    Give *shell* the magics, remember from now on what it displays, and return what stands behind.

    Installed again (`%reload_ext`), the conversation and its subscribers are those of before.
    """
    kit: Kit | None = getattr(shell, _ATTRIBUTE, None)
    if kit is None:
        kit = Kit(shell)
        setattr(shell, _ATTRIBUTE, kit)
    if "ofox" not in shell.magics_manager.magics["cell"]:
        kit.displays.install()
        magics = OfoxMagics(shell, kit, partial(_painter, shell))
        shell.register_magics(magics)
        shell.events.register("pre_run_cell", magics.cell.begin)
        magics.stop_completing = completion.offer(shell, kit, magics.commands)
    return kit


def to_parts_of(shell: Any) -> "ToParts | None":
    """Return what makes parts by the rules that the user of *shell* set; None where nothing was installed there."""
    kit: Kit | None = getattr(shell, _ATTRIBUTE, None)
    return kit.converter.to_parts if kit else None


def uninstall(shell: Any) -> None:
    """Take the magics away, leave the shell's displays as they were, close connections. The conversation stays."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("ofox", None)
    magics = shell.magics_manager.registry.pop(OfoxMagics.__name__, None)
    if magics is not None:
        shell.events.unregister("pre_run_cell", magics.cell.begin)
        magics.stop_completing()
    kit = getattr(shell, _ATTRIBUTE, None)
    if kit is not None:
        kit.close()


def _painter(shell: Any, turn: "Turn", settings: Settings, *, whole_cell: bool, look: "Look") -> "Painter":
    from ofox_magic.jupyter.live import LiveCell
    from ofox_magic.jupyter.painter import StillCell, TerminalCell
    from ofox_magic.jupyter.screen import NotebookScreen, StaticScreen, Terminal

    if not hasattr(shell, "kernel"):
        return TerminalCell(turn, Terminal(), settings.deadlines)
    if not settings.live or isinstance(shell.display_pub, CapturingDisplayPublisher):
        return StillCell(turn, StaticScreen(shell.display_pub), look)
    return LiveCell(turn, NotebookScreen(shell, whole_cell=whole_cell), settings.deadlines, look=look)
