"""
The notebook's own conversation.

`%load_ext ofox_magic` gives a notebook the cell magic `%%ofox`; `session()` is the conversation that it shares with
Python code. Importing this reaches neither Jupyter nor the network.
"""

from typing import TYPE_CHECKING, Any

from ofox_magic.chat.messages import Message, Usage, assistant, system, tool, user
from ofox_magic.chat.parts import Image, Table, Text, ToolCall, ToolResult
from ofox_magic.errors import (
    AnswerError,
    AuthError,
    BadRequest,
    ConfigError,
    ContextTooLong,
    GatewayError,
    Interrupted,
    NotFound,
    OfoxError,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    ServerError,
    TransportError,
)

if TYPE_CHECKING:
    from ofox_magic.chat.messages import ToParts
    from ofox_magic.tools import ToolSession

__version__ = "0.1.0"
__all__ = [
    "AnswerError",
    "AuthError",
    "BadRequest",
    "ConfigError",
    "ContextTooLong",
    "GatewayError",
    "Image",
    "Interrupted",
    "Message",
    "NotFound",
    "OfoxError",
    "PermissionDenied",
    "ProtocolError",
    "RateLimited",
    "ServerError",
    "Table",
    "Text",
    "ToolCall",
    "ToolResult",
    "TransportError",
    "Usage",
    "__version__",
    "assistant",
    "connect",
    "load_ipython_extension",
    "session",
    "system",
    "tool",
    "unload_ipython_extension",
    "user",
]

_script_session: "ToolSession | None" = None  # the package's only global: the session of a program without a shell


def connect(**settings: Any) -> "ToolSession":
    """
    Return a new Session of its own.

    *settings* (`api_key`, `base_url`, `model`) win over the `OFOX_*` environment. Raises nothing: what is missing
    is said by the first turn. In a notebook that loaded the extension, its rules for tables (`%ofox level`) hold too.
    """
    from ofox_magic.wiring import Wiring

    return Wiring(to_parts=_notebooks_to_parts(), **settings).session


def session() -> "ToolSession":
    """Return the running shell's session, which `%%ofox` uses too; outside IPython, one made on the first call."""
    global _script_session  # noqa: PLW0603 - see there
    shell = _running_shell()
    if shell is not None:
        from ofox_magic.jupyter import install

        return install(shell).session
    if _script_session is None:
        _script_session = connect()
    return _script_session


def load_ipython_extension(shell: Any) -> None:
    """Register `%%ofox` and `%ofox` with *shell*: what `%load_ext ofox_magic` calls. Sends nothing."""
    from ofox_magic.jupyter import install

    install(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take `%%ofox` and `%ofox` away; the conversation stays until the kernel ends."""
    from ofox_magic.jupyter import uninstall

    uninstall(shell)


def _notebooks_to_parts() -> "ToParts | None":
    shell = _running_shell()
    if shell is None:
        return None
    from ofox_magic.jupyter import to_parts_of

    return to_parts_of(shell)


def _running_shell() -> Any:
    import sys

    if "IPython" not in sys.modules:  # a program without a shell need not pay for IPython's import
        return None
    from IPython import get_ipython

    return get_ipython()
