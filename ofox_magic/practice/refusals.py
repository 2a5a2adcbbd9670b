"""
How the gateway says no: the documented error body and the type that goes with each status.

Pure: no request, no server.
"""

from typing import Any

KINDS: dict[int, tuple[str, str]] = {  # status: type, code
    400: ("invalid_request_error", "invalid_request"),
    401: ("authentication_error", "invalid_api_key"),
    402: ("permission_error", "insufficient_credits"),
    403: ("permission_error", "permission_denied"),
    404: ("not_found_error", "not_found"),
    405: ("invalid_request_error", "method_not_allowed"),
    408: ("invalid_request_error", "request_timeout"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    500: ("internal_error", "internal_error"),
    502: ("upstream_error", "upstream_error"),
    503: ("service_unavailable", "service_unavailable"),
    504: ("upstream_error", "upstream_timeout"),
}


class Refusal(Exception):  # noqa: N818 - an answer, not a fault of the server
    """A request that is answered with *status* and the documented error body."""

    def __init__(self, message: str, *, status: int = 400, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def body(self) -> dict[str, Any]:
        """Return the documented error body."""
        return error_body(self.status, str(self), self.code)


def error_body(status: int, message: str, code: str | None = None) -> dict[str, Any]:
    """Return the documented body for *status*; statuses beside the table count as their class's first."""
    kind, usual = KINDS.get(status) or KINDS[500 if status >= 500 else 400]  # noqa: PLR2004 - HTTP's own line
    return {"error": {"code": code or usual, "message": message, "type": kind}}
