"""The server as a whole: starting, stopping, remembering, and where it can run."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest

from ofox_magic.practice import PracticeGateway, Script, received

CHAT = "/chat/completions"
HELLO = {"model": "practice/echo", "messages": [{"role": "user", "content": "Hello"}]}


def test_it_listens_on_loopback_only(gateway):
    host, port = gateway.base_url.removeprefix("http://").removesuffix("/v1").split(":")
    assert host == "127.0.0.1"
    for family, address in ((socket.AF_INET, "127.0.0.2"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as other:
            assert other.connect_ex((address, int(port))) != 0


def test_it_starts_and_stops_as_often_as_one_likes():
    gateway = PracticeGateway()
    gateway.stop()
    assert gateway.start() is gateway
    url = gateway.base_url
    gateway.start()
    assert gateway.base_url == url
    gateway.stop()
    gateway.stop()
    with pytest.raises(RuntimeError, match="not running"):
        gateway.base_url  # noqa: B018
    with gateway:
        assert httpx.get(f"{gateway.base_url}/models").status_code == 200


def test_its_thread_has_a_name_and_ends_with_it():
    before = set(threading.enumerate())
    with PracticeGateway():
        [thread] = set(threading.enumerate()) - before
        assert thread.name == "ofox-practice"
        assert thread.daemon
    assert not thread.is_alive()


def test_stopping_ends_what_runs_at_once_and_blames_no_client(client, gateway):
    with client.open(practice={"text": "x", "hold": True}) as response:
        pieces = response.iter_raw()
        next(pieces)
        start = time.monotonic()
        gateway.stop()
        assert time.monotonic() - start < 1
        with pytest.raises(httpx.RemoteProtocolError):
            list(pieces)
    assert gateway.received[0].closed_early is None


def test_stopping_closes_connections_that_wait_for_their_next_request(gateway):
    port = int(gateway.base_url.split(":")[2].removesuffix("/v1"))
    with socket.create_connection(("127.0.0.1", port), timeout=2) as raw:
        raw.sendall(b"HEAD /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.recv(10_000).startswith(b"HTTP/1.1 405")
        gateway.stop()
        assert raw.recv(10) == b""


def test_a_port_that_is_taken_is_an_error_and_not_a_silent_thread(gateway):
    port = int(gateway.base_url.split(":")[2].removesuffix("/v1"))
    with pytest.raises(OSError, match="in use"):
        PracticeGateway(port).start()


def test_it_works_while_the_starting_thread_runs_a_loop_of_its_own():
    async def cell():
        with PracticeGateway() as gateway:
            async with httpx.AsyncClient(base_url=gateway.base_url) as http:
                return (await http.post(CHAT, json=HELLO)).status_code

    assert asyncio.run(cell()) == 200


def test_it_works_when_another_thread_starts_it():
    gateway = PracticeGateway()
    starter = threading.Thread(target=gateway.start)
    starter.start()
    starter.join()
    assert httpx.post(gateway.base_url + CHAT, json=HELLO).status_code == 200
    gateway.stop()


def test_what_arrived_can_be_looked_at(client, gateway):
    client.post(headers={"X-Test": "one"}, temperature=1)
    [entry] = gateway.received
    assert (entry.method, entry.path) == ("POST", "/v1/chat/completions")
    assert entry.headers["x-test"] == "one"
    assert entry.json["temperature"] == 1
    assert entry.started <= time.monotonic()


def test_what_arrived_shows_no_key(client, gateway):
    client.post(headers={"Authorization": "Bearer sk-secret"})
    assert "secret" not in repr(gateway.received)


def test_one_can_wait_for_requests_and_is_told_what_came_instead(client, gateway):
    threading.Timer(0.1, client.post).start()
    [entry] = gateway.wait_for(1, path=CHAT)
    assert entry.json["model"] == "practice/echo"
    with pytest.raises(TimeoutError, match=r"received \[Received\(number=1, method='POST'"):
        gateway.wait_for(2, timeout=0.05)


def test_of_a_long_run_the_newest_requests_are_kept(client, gateway, monkeypatch):
    monkeypatch.setattr(received, "REMEMBERED_REQUESTS", 3)
    for _ in range(5):
        client.post()
    assert [entry.number for entry in gateway.received] == [3, 4, 5]
    monkeypatch.setattr(received, "REMEMBERED_BYTES", 2 * len(gateway.received[0].body))
    for _ in range(5):
        client.post()
    assert [entry.number for entry in gateway.received] == [9, 10]
    client.post(anything="x" * 1000)
    assert [entry.number for entry in gateway.received] == [11], "the newest always"


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic x", "Bearer"])
def test_a_wrong_key_is_refused_where_one_is_set(header):
    with PracticeGateway(api_key="sk-right") as gateway:
        headers = {"Authorization": header} if header else {}
        response = httpx.post(gateway.base_url + CHAT, json=HELLO, headers=headers)
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "invalid_api_key"
        assert response.json()["error"]["type"] == "authentication_error"
        right = httpx.post(gateway.base_url + CHAT, json=HELLO, headers={"Authorization": "Bearer sk-right"})
        assert right.status_code == 200


@pytest.mark.parametrize("header", ["Bearer anything", "nonsense"])
def test_any_key_is_taken_where_none_is_set(client, header):
    assert client.post(headers={"Authorization": header}).status_code == 200


def test_a_path_that_is_not_there_says_how_the_base_url_ends(gateway):
    response = httpx.post(gateway.base_url.removesuffix("/v1") + CHAT, json=HELLO)
    assert response.status_code == 404
    assert "/v1" in response.json()["error"]["message"]


@pytest.mark.parametrize(("method", "path"), [("GET", CHAT), ("POST", "/models"), ("HEAD", "/models"), ("BREW", CHAT)])
def test_a_method_that_is_not_for_it_is_refused(client, method, path):
    assert client.http.request(method, path).status_code == 405
    assert client.http.get("/models").status_code == 200, "the connection goes on"


def test_a_body_that_is_too_large_is_refused_unread(gateway):
    port = int(gateway.base_url.split(":")[2].removesuffix("/v1"))
    with socket.create_connection(("127.0.0.1", port), timeout=2) as raw:
        raw.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 70000000\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    assert gateway.received == []


def test_it_prints_nothing_while_it_serves(capfd):
    with PracticeGateway() as gateway, httpx.Client(base_url=gateway.base_url) as http:
        gateway.play(Script(status=500), Script(cut_after=3))
        http.post(CHAT, json=HELLO)
        with pytest.raises(httpx.RemoteProtocolError):
            http.post(CHAT, json=HELLO)
        http.get("/nowhere")
    assert capfd.readouterr() == ("", "")


CELL = "from ofox_magic.practice import serve_forever; serve_forever({port}, 0.0)"


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_serving_forever_says_what_to_set_and_ends_quietly_with_an_interrupt():
    process = subprocess.Popen(
        [sys.executable, "-c", CELL.format(port=0)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        first, second = process.stdout.readline(), process.stdout.readline()
        url = second.strip().removeprefix("export OFOX_BASE_URL=")
        assert url in first
        assert httpx.get(f"{url}/models").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


def test_serving_forever_on_a_port_that_is_taken_says_so_in_one_line(gateway):
    port = gateway.base_url.split(":")[2].removesuffix("/v1")
    done = subprocess.run(
        [sys.executable, "-c", CELL.format(port=port)], capture_output=True, text=True, timeout=10, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"The practice gateway cannot listen on port {port}")
    assert len(done.stderr.splitlines()) == 1


def test_the_interpreter_ends_while_it_runs():
    cell = "from ofox_magic.practice import PracticeGateway; print(PracticeGateway().start())"
    done = subprocess.run([sys.executable, "-c", cell], capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("<PracticeGateway http://127.0.0.1:")
