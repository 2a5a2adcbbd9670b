"""
One exception tree.

    OfoxError
      ConfigError          something to set: it names the variable or the option
      GatewayError         the gateway said no: status, type, code, request_id
        AuthError          401
        PermissionDenied   402, 403
        NotFound           404
        RateLimited        429, with retry_after in seconds
        BadRequest         400 and every other 4xx
        ContextTooLong     the conversation does not fit the model
        ServerError        5xx
      TransportError       could not connect or read, or a deadline passed (which)
      ProtocolError        the answer was not what the protocol promises
      AnswerError          the answer is not what was asked for: no JSON, or not by its schema

    Interrupted            beside the tree: a KeyboardInterrupt, which `except Exception` must not swallow

Each knows how to show itself in a cell as one line; the cell fails all the same, so that Run All stops.
"""

from ofox_magic.untrusted import printable, redact


class OfoxError(Exception):
    """Base of all that ofox_magic raises. Its message holds no key and nothing unprintable: seen to here, for all."""

    def __init__(self, message: str) -> None:
        super().__init__(redact(printable(message)))

    def _render_traceback_(self) -> list[str]:
        """IPython's hook: show this one line instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class ConfigError(OfoxError):
    """A setting, option or value is missing or cannot be used."""


class GatewayError(OfoxError):
    """The gateway answered with an error."""

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        type: str | None = None,  # noqa: A002 - the field's name on the wire
        code: str | int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.code = code
        self.request_id = request_id


class AuthError(GatewayError):
    """401: the key was refused."""


class PermissionDenied(GatewayError):  # noqa: N818 - PermissionError is a builtin
    """402 or 403: the key may not do this, or the balance is used up."""


class NotFound(GatewayError):  # noqa: N818
    """404: no such model (or no such path: the base URL is wrong)."""


class RateLimited(GatewayError):  # noqa: N818
    """429: too many requests; `retry_after` is in seconds, None where the gateway did not say."""

    retry_after: float | None = None


class BadRequest(GatewayError):  # noqa: N818
    """400 or another 4xx: the request itself is refused."""


class ContextTooLong(GatewayError):  # noqa: N818
    """The conversation is longer than the model's context."""


class ServerError(GatewayError):
    """5xx: the gateway or the model behind it failed."""


class TransportError(OfoxError):
    """Could not connect or read; `deadline` is 'connect', 'first token', 'idle' or 'total' where one passed."""

    def __init__(self, message: str, *, deadline: str | None = None) -> None:
        super().__init__(message)
        self.deadline = deadline


class ProtocolError(OfoxError):
    """The answer was not what the protocol promises."""


class AnswerError(OfoxError, ValueError):
    """The answer is not what was asked for; `problems` says what is wrong, one line each, where that is known."""

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class Interrupted(KeyboardInterrupt):
    """The user stopped the answer; what had come is kept."""

    def _render_traceback_(self) -> list[str]:
        return [f"Interrupted: {self}"]
