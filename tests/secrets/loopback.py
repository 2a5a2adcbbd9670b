"""Servers on loopback that write down every byte that reaches them."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

_PATIENCE = 60.0
_CHUNK = 1 << 16


class Listener:
    """Takes connections on a free port, each on a thread of its own; `received` holds the bytes of each."""

    def __init__(self) -> None:
        self.received: list[bytearray] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def port(self):
        return self._socket.getsockname()[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def close(self):
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._socket.close()
        self._thread.join(5)

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.settimeout(_PATIENCE)
            received = bytearray()
            self.received.append(received)
            threading.Thread(target=self._serve_and_close, args=(connection, received), daemon=True).start()

    def _serve_and_close(self, connection, received):
        with connection, suppress(OSError):
            self.serve(connection, received)

    def serve(self, connection: socket.socket, received: bytearray) -> None:
        """Listen, and hang up."""
        received += connection.recv(_CHUNK)


class Stranger(Listener):
    """Answers with the bytes that *answers* has for the first word of the path, and closes."""

    def __init__(self, answers: Mapping[str, bytes]) -> None:
        self._answers = answers
        super().__init__()

    def serve(self, connection, received):
        while b"\r\n\r\n" not in received and (data := connection.recv(_CHUNK)):
            received += data
        connection.sendall(self._answers[received.split(b"/")[1].decode()])


class Tap(Listener):
    """Stands between a client and the server on *port*, and lets everything through."""

    def __init__(self, port: int) -> None:
        self._port = port
        super().__init__()

    def serve(self, connection, received):
        with socket.create_connection(("127.0.0.1", self._port), timeout=_PATIENCE) as server:
            back = threading.Thread(target=_pass_on, args=(server, connection), daemon=True)
            back.start()
            _pass_on(connection, server, received)
            back.join(5)


def _pass_on(source: socket.socket, target: socket.socket, copy: bytearray | None = None) -> None:
    """Pass bytes on until either side closes, and then close the other."""
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            if copy is not None:
                copy += data
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@contextmanager
def nobody() -> Iterator[str]:
    """Yield an address that refuses every connection, and that nobody else takes meanwhile."""
    with socket.socket() as bound:  # but it does not listen
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
