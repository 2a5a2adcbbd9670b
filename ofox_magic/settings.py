"""
Where the gateway is, the key to it, and how long to wait: argument, then environment, then keyring, then default.

The one place that reads the environment and the keyring. A key stays inside a Secret from here to the header.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import groupby
from pathlib import Path
from string import ascii_uppercase
from typing import Any, Literal, NoReturn, TypeAlias, get_args
from urllib.parse import SplitResult, urlsplit, urlunsplit

from ofox_magic.errors import ConfigError

DEFAULT_BASE_URL = "https://api.ofox.ai/v1"
DEFAULT_MODEL = "openai/gpt-4o-mini"
PRACTICE = "practice"
"""The base URL that stands for the practice gateway in this very process."""
KEY_VARIABLES = ("OFOX_API_KEY", "OFOXAI_API_KEY")  # both are in the gateway's own pages; never another vendor's
KEYRING_SERVICE = "ofox_magic"
Mode: TypeAlias = Literal["live", "record", "replay", "off"]
MODES: tuple[Mode, ...] = get_args(Mode)
_QUOTES = "\u2018\u2019\u201c\u201d"
_LOWER = {ord(upper): upper.lower() for upper in ascii_uppercase}  # keeps the length, as str.lower() does not
_PIECE = 12  # a piece of a key as long as this is masked too
_SHORTEST = 8  # characters of a key; `none` and `test` are none


class Secret:
    """A key. It does not show, copy, pickle or compare; `reveal()` is for the one header that needs it."""

    __slots__ = ("_reveal",)

    def __init__(self, value: str) -> None:
        # in a closure, not in an attribute, so that no dump of attributes or slots shows it
        self._reveal: Callable[[], str] = lambda: value

    def __repr__(self) -> str:
        return "Secret(set)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a Secret is neither copied nor pickled")

    def reveal(self) -> str:
        """Return the key itself."""
        return self._reveal()

    def mask(self, text: str) -> str:
        """
        Return *text* with the key, and every piece of it of 12 characters and more, replaced by `[key]`.

        In any case, since hosts come in lower case. By hand, since `re` would keep the pieces in its cache. Text stays
        where the key is one of a few characters, as local servers want one: that is no secret, but may be a word.
        """
        key, plain = self._reveal().translate(_LOWER), text.translate(_LOWER)
        if len(key) < _SHORTEST:
            return text
        length = min(_PIECE, len(key))
        hidden = bytearray(len(text))
        for start in range(len(key) - length + 1):
            found = plain.find(key[start : start + length])
            while found >= 0:
                hidden[found : found + length] = b"\1" * length
                found = plain.find(key[start : start + length], found + 1)
        if not any(hidden):
            return text
        runs = groupby(zip(text, hidden, strict=True), key=lambda pair: pair[1])
        return "".join("[key]" if hide else "".join(char for char, _ in run) for hide, run in runs)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """
    How long a request may take, in seconds.

    *connect* to the gateway, to the *first_token*, *idle* between two pieces of the stream, and in *total*.
    """

    connect: float = 10.0
    first_token: float = 300.0  # reasoning models are silent for minutes
    idle: float = 120.0
    total: float = 900.0


@dataclass(frozen=True, slots=True)
class Settings:
    """
    What holds for one turn.

    *base_url* has no slash at its end. *practice*: the gateway is the practice gateway of this process, whose address
    is known once it runs. *live*: cells paint as text comes, and a replay takes the time of its recording. *mode*:
    whether a gateway is asked (`live`, `record`), a cassette (`replay`) or nobody (`off`). *journal*: what is said is
    kept on disk.
    """

    base_url: str = DEFAULT_BASE_URL
    api_key: Secret | None = None
    model: str = DEFAULT_MODEL
    deadlines: Deadlines = field(default_factory=Deadlines)
    live: bool = True
    practice: bool = False
    mode: Mode = "live"
    journal: bool = True

    @property
    def is_offline(self) -> bool:
        """Whether nothing is sent to any gateway."""
        return self.mode in ("replay", "off")

    @property
    def is_local(self) -> bool:
        """Whether the gateway runs on this machine, where it may do without a key."""
        return _is_loopback(urlsplit(self.base_url).hostname or "")

    @classmethod
    def read(
        cls,
        environment: Mapping[str, str],
        *,
        api_key: str | Secret | None = None,
        base_url: str | None = None,
        model: str | None = None,
        keyless: bool = False,
        keyring: "Keyring | None" = None,
    ) -> "Settings":
        """
        Return the settings: an argument that is not None wins over its `OFOX_*` variable in *environment*.

        *keyless*: without the key, which a keyring may not give out before its user typed a password. *keyring* is what
        remembers a key from there (None: it is asked anew).
        Raises ConfigError, which names the variable, for a value that cannot be used. The message never holds a key.
        """
        url = _base_url(base_url or environment.get("OFOX_BASE_URL", "").strip() or DEFAULT_BASE_URL)
        mode = _mode(environment)
        live = _switch(environment, "OFOX_LIVE", default=mode != "replay")  # a replay is the same every time
        return cls(
            base_url=url,
            api_key=None
            if keyless or url == PRACTICE
            # nobody needs the key offline, and a keyring may ask the user to unlock it
            else _api_key(api_key, environment, None if mode in ("replay", "off") else keyring or Keyring()),
            model=model or environment.get("OFOX_MODEL", "").strip() or DEFAULT_MODEL,
            deadlines=_deadlines(environment),
            live=live,
            practice=url == PRACTICE,
            mode=mode,
            journal=_switch(environment, "OFOX_JOURNAL", default=live),
        )


class Keyring:
    """The system's keyring. What it gave out is remembered: to ask takes long, and it may ask its user each time."""

    def __init__(self) -> None:
        self._key: Secret | None = None

    def key(self) -> Secret | None:
        """Return our key in it, None where there is none yet. Raises ConfigError for what is no key."""
        if self._key is None and (stored := _from_keyring()):
            self._key = _checked(stored, f"the keyring's entry for {KEYRING_SERVICE!r}")
        return self._key


def working_folder() -> Path:
    """Return the process's working directory; a relative path where it was deleted."""
    try:
        return Path.cwd()
    except OSError:
        return Path()


def _mode(environment: Mapping[str, str]) -> Mode:
    said = environment.get("OFOX_MODE", "").strip().lower() or "live"
    mode = next((mode for mode in MODES if mode == said), None)
    if mode is None:
        raise ConfigError(f"OFOX_MODE is {said[:40]!r}: expected one of {', '.join(MODES)}")
    return mode


def _switch(environment: Mapping[str, str], variable: str, *, default: bool) -> bool:
    said = environment.get(variable, "").strip().lower()
    return said not in ("0", "false", "no", "off") if said else default


def _base_url(text: str) -> str:
    """Accept what people paste: with or without `/v1`, a slash at the end, or the whole chat address."""
    if text == PRACTICE:
        return text
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        host = None
    if not host or url.scheme not in ("https", "http"):
        raise ConfigError(
            f"OFOX_BASE_URL is no address, or %config OfoxMagics.base_url: expected one like {DEFAULT_BASE_URL}, or "
            f"`practice`"
        )
    if url.username is not None or url.password is not None or url.query or url.fragment:
        raise ConfigError("OFOX_BASE_URL holds more than an address: leave out user, password, ? and #")
    if url.scheme == "http" and not _is_loopback(host):
        raise ConfigError(f"OFOX_BASE_URL must be https: over http the key would travel in the open to {host}")
    return _joined(url)


def _joined(url: SplitResult) -> str:
    path = url.path.rstrip("/").removesuffix("/chat/completions").rstrip("/")
    return urlunsplit((url.scheme, url.netloc, path or "/v1", "", ""))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _api_key(given: str | Secret | None, environment: Mapping[str, str], keyring: "Keyring | None") -> Secret | None:
    if given is not None:
        return _checked(given.reveal() if isinstance(given, Secret) else given, "the api_key that was passed")
    for variable in KEY_VARIABLES:
        if environment.get(variable, "").strip():
            return _checked(environment[variable], variable)
    return keyring.key() if keyring else None


def _checked(value: str, where: str) -> Secret:
    """A key goes into a header, and a header library puts what it refuses, key and all, into its message."""
    key = value.strip()
    if not key:
        raise ConfigError(f"{where} is empty: expected a key, as the gateway's console shows it once")
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        what = _odd_character(next(char for char in key if not "\x21" <= char <= "\x7e"))
        raise ConfigError(f"{where} is no key: it holds {what}. Copy it again from the gateway's console")
    return Secret(key)


def _odd_character(char: str) -> str:
    if char in "\r\n":
        return "a line break"
    if char.isspace():
        return "a space"
    return "a typographic quote" if char in _QUOTES else "a character that no key has"


def _from_keyring() -> str | None:
    try:
        import keyring
    except ImportError:
        return None
    try:
        stored: str | None = keyring.get_password(KEYRING_SERVICE, "api_key")
    except Exception:  # noqa: BLE001 - a locked or missing backend; a key in the environment still works
        return None
    return stored


def _deadlines(environment: Mapping[str, str]) -> Deadlines:
    default = Deadlines()
    return Deadlines(
        connect=_seconds(environment, "OFOX_CONNECT_TIMEOUT", default.connect),
        first_token=_seconds(environment, "OFOX_FIRST_TOKEN_TIMEOUT", default.first_token),
        idle=_seconds(environment, "OFOX_IDLE_TIMEOUT", default.idle),
        total=_seconds(environment, "OFOX_TOTAL_TIMEOUT", default.total),
    )


def _seconds(environment: Mapping[str, str], variable: str, default: float) -> float:
    text = environment.get(variable, "").strip()
    try:
        seconds = float(text) if text else default
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ConfigError(f"{variable} is {text!r}: expected a number of seconds above 0")
    return seconds
