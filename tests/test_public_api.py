"""The public names, pinned: a change here is a change for every user."""

import inspect
import subprocess
import sys

import ofox_magic
from ofox_magic.chat.session import Session
from ofox_magic.chat.turn import Turn

NAMES = [
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


def test_the_package_offers_exactly_these_names():
    assert sorted(ofox_magic.__all__) == sorted(NAMES)
    public = {
        name for name, value in vars(ofox_magic).items() if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public - {"TYPE_CHECKING", "Any"} == set(NAMES) - {"__version__"}


def test_a_session_offers_exactly_these_names():
    session = ofox_magic.connect()
    assert {name for name in dir(session) if not name.startswith("_")} == {
        "activate",
        "aliases",
        "ask",
        "budget",
        "cancel",
        "clear",
        "conversations",
        "draft",
        "drop_oldest",
        "estimate",
        "fork",
        "ledger",
        "max_history",
        "model",
        "name",
        "names",
        "new",
        "redo",
        "resolve",
        "restore",
        "serve",
        "snapshot",
        "subscribe",
        "switch",
        "system",
        "tool",
        "toolbox",
        "turn",
        "turns",
        "undo",
    }
    assert list(inspect.signature(Session.ask).parameters) == [
        *("self", "content", "model", "system", "key", "timeout", "stream", "name", "remarks"),
        *("conversation", "max_history", "max_cost", "tools", "consent", "again", "params"),
    ]


def test_a_turn_offers_exactly_these_names():
    expected = [
        "cancel",
        "cost",
        "id",
        "key",
        "model",
        "question",
        "remarks",
        "reply",
        "result",
        "sent",
        "state",
        "take",
        "versions",
        "wait",
        "watch",
    ]
    turn = Turn("t", None, "m", (), changed=None, versions=tuple, cancel=None)
    assert {name for name in dir(turn) if not name.startswith("_")} == set(expected)


def test_importing_the_package_reaches_no_heavy_dependency():
    heavy = ["httpx", "IPython", "markdown_it", "nh3", "PIL", "tornado", "traitlets", "pydantic", "asyncio", "ssl"]
    code = f"import sys, ofox_magic; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_version_is_the_projects():
    import tomllib
    from pathlib import Path

    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
    assert project["version"] == ofox_magic.__version__


def test_outside_a_shell_the_session_is_made_once():
    code = "import ofox_magic; print(ofox_magic.session() is ofox_magic.session() is not ofox_magic.connect())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
