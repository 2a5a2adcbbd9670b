"""Commands that show what a model may call."""

import inspect
import json
from collections.abc import Callable, Mapping

from ofox_magic.jupyter.columns import WIDTH, short
from ofox_magic.jupyter.kit import Kit
from ofox_magic.jupyter.offering import FRAMES
from ofox_magic.jupyter.screen import terminal_width
from ofox_magic.tools import Tool

_FRAMES = """\
frames lets a model ask exact questions about the tables that a prompt names, or those of -T frames:df,sales:
describe_frame and query_frame, without their rows, by the rules of %ofox level; a dry run with -T frames shows both"""
_NONE = "no tools: write @session().tool above a function; %%ofox -T NAME takes any function of the notebook too"


class ToolCommands:
    """Over *kit*; a tool is registered in Python."""

    def __init__(self, kit: Kit) -> None:
        self._toolbox = kit.session.toolbox
        self.by_name: Mapping[str, Callable[[str], None]] = {"tools": self._tools}

    def _tools(self, rest: str) -> None:
        if rest == FRAMES:
            print(_FRAMES)
        elif rest:
            (tool,) = self._toolbox.only([rest]).all
            print(json.dumps(tool.definition, ensure_ascii=False, indent=2))
        else:
            print("\n".join(_lines(tool, terminal_width() or WIDTH) for tool in self._toolbox.all) or _NONE)


def _lines(tool: Tool, width: int) -> str:
    runs = "safe: runs without asking" if tool.safe else "asks before it runs"
    said = tool.definition["function"].get("description", "no description")
    return "\n".join([f"{tool.name}{inspect.signature(tool.function)}", f"    {runs}", f"    {short(said, width - 4)}"])
