"""
A user's functions as tools: what a model may call, checked, asked for and run. The only place that knows pydantic.

Only what was registered runs, by its exact name; nothing that a model wrote is evaluated, imported or looked up.
"""

from ofox_magic.tools.toolbox import Toolbox

__all__ = ["Toolbox"]
