"""
A user's functions as tools: what a model may call, checked, asked for and run. The only place that knows pydantic.

Only what was registered runs, by its exact name; nothing that a model wrote is evaluated, imported or looked up.
"""

from ofox_magic.tools.tool_session import ToolSession
from ofox_magic.tools.toolbox import Tool, Toolbox

__all__ = ["Tool", "ToolSession", "Toolbox"]
