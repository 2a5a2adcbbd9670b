"""The catalogue kept in memory and on disk, and how it is fetched beside a kernel's first request."""

import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ofox_magic import user
from ofox_magic.chat.events import Finished
from ofox_magic.chat.transport import Request
from ofox_magic.errors import ConfigError, TransportError
from ofox_magic.gateway import catalogue
from ofox_magic.gateway.catalogue_file import LARGEST, CatalogueFile, Fetched, default_directory
from ofox_magic.gateway.client import GatewayClient
from ofox_magic.gateway.known_models import DAY, KnownModels
from ofox_magic.practice import PracticeGateway
from ofox_magic.practice.models import MODELS
from ofox_magic.settings import Secret, Settings
from ofox_magic.testing import ManualClock

URL = "https://api.ofox.example/v1"
RECORDS = [{"id": "a/one", "pricing": {"prompt": "0.1"}, "aliases": ["one"]}]
KEY = "sk-of-0123456789abcdef"


@pytest.fixture
def file(tmp_path):
    return CatalogueFile(tmp_path / "cache")


@pytest.fixture
def clock():
    return ManualClock(1_800_000_000.0)


def only_file(file):
    (path,) = file._directory.iterdir()
    return path


# -- the file


def test_what_is_written_is_read_again_by_its_address_only(file):
    file.write(URL, Fetched(RECORDS, 12.5))
    assert file.read(URL) == Fetched(RECORDS, 12.5)
    assert file.read("https://api.other.example/v1") is None


def test_a_file_that_was_moved_to_another_address_is_ignored(file):
    file.write(URL, Fetched(RECORDS, 12.5))
    only_file(file).rename(file._path("https://api.other.example/v1"))
    assert file.read("https://api.other.example/v1") is None


def test_the_file_is_for_its_user_only_whatever_the_umask(file):
    before = os.umask(0)
    try:
        file.write(URL, Fetched(RECORDS, 1))
    finally:
        os.umask(before)
    assert stat.S_IMODE(only_file(file).stat().st_mode) == 0o600
    assert stat.S_IMODE(file._directory.stat().st_mode) == 0o700


def test_writing_replaces_the_file_as_a_whole_and_leaves_nothing_beside_it(file):
    file.write(URL, Fetched(RECORDS, 1))
    with only_file(file).open(encoding="utf-8") as open_before:
        file.write(URL, Fetched(RECORDS * 2, 2))
        assert json.load(open_before)["models"] == RECORDS  # who was reading reads on in the old one
    assert file.read(URL).records == RECORDS * 2
    only_file(file)


def kept(**changes):
    return json.dumps({"v": 1, "base_url": URL, "fetched_at": 1, "models": RECORDS} | changes).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff",
        kept()[:-5],
        b"[]",
        b"null",
        b"{}",
        b"[" * 100_000,
        kept(v=2),
        kept(models={}),
        kept(models=None),
        kept(fetched_at=None),
        kept(fetched_at="soon"),
        kept(fetched_at=10**400),
        b'{"v": 1' + b"," * LARGEST,
    ],
    ids=lambda content: repr(content[:60]),
)
def test_a_damaged_file_is_as_good_as_none_and_is_written_anew(file, content):
    file.write(URL, Fetched(RECORDS, 1))
    only_file(file).write_bytes(content)
    assert file.read(URL) is None
    assert KnownModels(file).of(URL).cards == ()
    file.write(URL, Fetched(RECORDS, 2))
    assert file.read(URL).at == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such files")
def test_what_comes_through_a_pipe_is_not_believed(file):
    file._directory.mkdir()
    os.mkfifo(file._path(URL), 0o600)
    with file._path(URL).open("r+b", buffering=0) as pipe:
        pipe.write(kept())
        assert file.read(URL) is None


def test_of_a_file_that_is_too_large_not_much_is_read(file):
    file.write(URL, Fetched(RECORDS, 1))
    with only_file(file).open("r+b") as written:
        written.truncate(1 << 40)  # sparse: it takes no room
    begin = time.monotonic()
    assert file.read(URL) is None
    assert time.monotonic() - begin < 1


def test_a_list_that_is_too_large_is_not_written(file):
    file.write(URL, Fetched(["x" * LARGEST], 1))
    assert not file._directory.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such files")
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_not_read_and_not_waited_for(file, make):
    file._directory.mkdir()
    make(file._path(URL))
    assert file.read(URL) is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="modes mean little there")
def test_a_file_that_others_may_write_is_not_believed(file):
    file.write(URL, Fetched(RECORDS, 1))
    only_file(file).chmod(0o666)
    assert file.read(URL) is None


def test_a_disk_that_takes_nothing_disturbs_nobody(tmp_path):
    (tmp_path / "cache").write_text("no directory")
    blocked = CatalogueFile(tmp_path / "cache")
    blocked.write(URL, Fetched(RECORDS, 1))
    assert blocked.read(URL) is None


def test_when_the_file_cannot_be_put_in_place_nothing_is_left_beside_it(file):
    file._directory.mkdir()
    file._path(URL).mkdir()
    file.write(URL, Fetched(RECORDS, 1))
    assert only_file(file) == file._path(URL)


WRITER = """
import sys
from pathlib import Path
from ofox_magic.gateway import catalogue
from ofox_magic.gateway.catalogue_file import CatalogueFile, Fetched
number = float(sys.argv[2])
for _ in range(100):
    CatalogueFile(Path(sys.argv[1])).write(sys.argv[3], Fetched([{"id": f"a/{number}"}] * 2000, number))
"""


def test_two_kernels_that_write_at_once_never_show_half_a_file(file):
    file.write(URL, Fetched([{"id": "a/0.0"}] * 2000, 0))
    command = (sys.executable, "-c", WRITER, str(file._directory))
    writers = [subprocess.Popen([*command, number, URL]) for number in ("1", "2")]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        fetched = file.read(URL)
        assert fetched is not None
        assert {record["id"] for record in fetched.records} == {f"a/{fetched.at}"}
        seen.add(fetched.at)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert len(seen) > 1
    only_file(file)


def test_the_directory_is_the_one_for_caches_of_the_user(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_directory().name == "ofox_magic"


# -- in memory, and for a day


def test_it_is_fresh_for_a_day_and_of_use_after_it_with_its_age(file, clock):
    known = KnownModels(file, clock=clock)
    assert (known.age(URL), known.is_fresh(URL)) == (None, False)
    known.keep(URL, RECORDS)
    clock.advance(DAY)
    assert known.is_fresh(URL)
    clock.advance(1)
    assert not known.is_fresh(URL)
    assert known.age(URL) == DAY + 1
    assert known.of(URL).card("one").prices == {"prompt": Decimal("0.1")}


def test_another_kernel_finds_it_on_disk(file, clock):
    KnownModels(file, clock=clock).write(URL, RECORDS)
    clock.advance(3600)
    later = KnownModels(file, clock=clock)
    assert later.of(URL).card("one").id == "a/one"
    assert later.is_fresh(URL)
    assert later.age(URL) == 3600


def test_what_another_kernel_fetched_meanwhile_is_taken_over_and_never_something_older(file, clock):
    known = KnownModels(file, clock=clock)
    assert known.of(URL).cards == ()
    KnownModels(file, clock=clock).write(URL, RECORDS)
    assert known.of(URL).cards == ()  # the file is read once
    known.reread(URL)
    assert len(known.of(URL).cards) == 1
    clock.advance(10)
    known.keep(URL, [])
    known.reread(URL)
    assert known.of(URL).cards == ()


def test_one_from_the_future_is_ignored(file, clock):
    file.write(URL, Fetched(RECORDS, clock() + 3600))
    assert KnownModels(file, clock=clock).of(URL).cards == ()
    file.write(URL, Fetched(RECORDS, float("nan")))
    assert KnownModels(file, clock=clock).of(URL).cards == ()
    file.write(URL, Fetched(RECORDS, clock() + 60))  # two machines with one disk
    assert KnownModels(file, clock=clock).age(URL) == 0


# -- beside a request


@pytest.fixture
def make_client(gateway):
    clients = []

    def make(models=None, **given):
        given = {"base_url": gateway.base_url, "practice": True} | given
        settings = Settings(**given)
        clients.append(GatewayClient(lambda: settings, models=models))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def ask(client):
    """Ask, and return the error that it ended with."""
    ended = threading.Event()
    last = []

    def take(event):
        if isinstance(event, Finished):
            last.append(event)
            ended.set()

    client.start(Request("practice/echo", (user("hi"),)), take)
    assert ended.wait(10)
    return last[0].error


def paths(gateway):
    return sorted(received.path for received in gateway.received)


CHAT, LIST = "/v1/chat/completions", "/v1/models"


def outside(gateway):
    """The same server under an address that is not known to be of this machine, so that everything is kept."""
    return {"base_url": gateway.base_url.replace("127.0.0.1", "0.0.0.0"), "practice": False, "api_key": Secret(KEY)}


def until(condition):
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < 5
        time.sleep(0.005)


def test_the_first_request_brings_the_catalogue_and_the_next_ones_do_not(make_client, gateway):
    client = make_client(KnownModels())
    assert ask(client) is None
    until(lambda: client.card("gpt-4o-mini"))
    assert ask(client) is ask(client) is None
    time.sleep(0.05)
    assert paths(gateway) == [CHAT, CHAT, CHAT, LIST]


def test_nothing_is_fetched_before_the_first_request_by_looking(make_client, gateway, file):
    client = make_client(KnownModels(file))
    assert client.card("gpt-4o-mini") is None
    time.sleep(0.05)
    assert gateway.received == []


def test_it_is_kept_on_disk_without_the_key_and_the_next_kernel_asks_nobody(make_client, gateway, file):
    first = make_client(KnownModels(file), **outside(gateway))
    assert ask(first) is None
    until(lambda: file._directory.exists() and list(file._directory.glob("*.json")))
    assert KEY not in only_file(file).read_text()
    second = make_client(KnownModels(file), **outside(gateway))
    assert second.card("gpt-4o-mini").id == "openai/gpt-4o-mini"  # before its first request already
    assert ask(second) is None
    time.sleep(0.05)
    assert paths(gateway) == [CHAT, CHAT, LIST]


def test_one_that_is_older_than_a_day_is_used_and_fetched_anew(make_client, gateway, file):
    given = outside(gateway)
    file.write(given["base_url"], Fetched(RECORDS, time.time() - DAY - 5))
    client = make_client(KnownModels(file), **given)
    assert client.card("one").id == "a/one"
    assert ask(client) is None
    until(lambda: client.card("gpt-4o-mini"))
    until(lambda: len(file.read(given["base_url"]).records) == len(MODELS))


def test_that_of_a_practice_gateway_is_not_written_since_its_address_is_never_the_same(make_client, file):
    client = make_client(KnownModels(file))
    assert client.models()
    assert not file._directory.exists()


def test_a_server_on_this_machine_is_asked_for_its_models_only_by_request(make_client, gateway, file):
    client = make_client(KnownModels(file), practice=False)
    assert ask(client) is None
    time.sleep(0.05)
    assert paths(gateway) == [CHAT]
    assert client.models()
    only_file(file)


def test_without_a_place_for_it_nothing_is_fetched_beside_a_request(make_client, gateway):
    assert ask(make_client()) is None
    time.sleep(0.05)
    assert paths(gateway) == [CHAT]


class Silent:
    """A gateway that chats, and whose list of models never comes: it hands all other connections on."""

    def __init__(self, port):
        self.port = port
        self.asked = threading.Event()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self.listening.getsockname()[1]}/v1"
        self.held = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            self.held.append(client)
            head = client.recv(65536)
            if head.startswith(b"GET"):
                self.asked.set()
                continue
            server = socket.create_connection(("127.0.0.1", self.port))
            self.held.append(server)
            server.sendall(head)
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=(a, b), daemon=True).start()

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass

    def close(self):
        self.listening.close()
        for each in self.held:
            each.close()


def test_a_list_that_never_comes_delays_no_turn_and_no_end(make_client, gateway):
    silent = Silent(int(gateway.base_url.rsplit(":", 1)[1].removesuffix("/v1")))
    client = make_client(KnownModels(), base_url=silent.base_url)
    begin = time.monotonic()
    assert ask(client) is ask(client) is None
    assert silent.asked.wait(2)
    client.close()
    assert time.monotonic() - begin < 2
    silent.close()


def test_a_list_that_cannot_be_fetched_or_read_is_not_heard_of(make_client, gateway, caplog, monkeypatch, tmp_path):
    class Broken(KnownModels):
        def keep(self, base_url, records):
            raise RuntimeError("on purpose")

    client = make_client(Broken())
    assert ask(client) is None
    until(lambda: LIST in paths(gateway))
    time.sleep(0.05)
    client.close()
    assert [r for r in caplog.records if r.name == "asyncio"] == []
    assert client.card("gpt-4o-mini") is None


def test_a_list_that_could_not_be_fetched_is_not_asked_for_with_every_request(make_client, gateway):
    class Forgetful(KnownModels):
        def keep(self, base_url, records):
            return catalogue.of(records)

    client = make_client(Forgetful())
    assert ask(client) is None
    until(lambda: LIST in paths(gateway))
    assert ask(client) is None
    time.sleep(0.05)
    assert paths(gateway) == [CHAT, CHAT, LIST]


def test_what_another_kernel_fetched_since_we_looked_is_not_fetched_again(make_client, gateway, file):
    given = outside(gateway)
    client = make_client(KnownModels(file), **given)
    assert client.card("one") is None
    KnownModels(file).write(given["base_url"], RECORDS)
    assert ask(client) is None
    until(lambda: client.card("one"))
    assert paths(gateway) == [CHAT]


class Echo(BaseHTTPRequestHandler):
    """Answers every GET with a list of models that holds the key it was sent."""

    def do_GET(self):
        key = self.headers["Authorization"].removeprefix("Bearer ")
        body = json.dumps([{"id": "a/one", "name": f"a model for {key}", "aliases": [key]}]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def test_a_gateway_that_echoes_the_key_does_not_get_it_onto_the_disk_or_into_a_card(make_client, file):
    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        client = make_client(
            KnownModels(file), practice=False, base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key=Secret(KEY)
        )
        (card,) = client.models()
        server.shutdown()
    assert (card.name, card.aliases) == ("a model for [key]", ("[key]",))
    assert KEY[:12] not in only_file(file).read_text()


def test_a_setting_that_cannot_be_used_makes_looking_find_nothing():
    def broken():
        raise ConfigError("OFOX_BASE_URL is no address")

    client = GatewayClient(broken, models=KnownModels())
    assert client.card("gpt-4o-mini") is None


# -- for who needs a price


def test_who_needs_a_price_gets_the_catalogue_once(make_client, gateway):
    client = make_client(KnownModels())
    client.ensure_models()
    client.ensure_models()
    assert client.card("gpt-4o-mini").prices["prompt"] == Decimal("0.00000015")
    assert paths(gateway) == [LIST]


def test_where_it_cannot_be_fetched_what_was_known_stays(make_client, file):
    with PracticeGateway() as gone:
        url = gone.base_url
    file.write(url, Fetched(RECORDS, time.time() - 3 * DAY))
    known = KnownModels(file)
    client = make_client(known, base_url=url)
    client.ensure_models()
    assert client.card("one").id == "a/one"
    assert known.age(url) > 2 * DAY
    with pytest.raises(TransportError):
        client.models()


def test_on_the_loops_own_thread_it_does_not_wait_for_itself(make_client, gateway):
    client = make_client(KnownModels())
    ended = threading.Event()

    def take(event):
        if isinstance(event, Finished):
            client._models._known.clear()
            client.ensure_models()
            ended.set()

    client.start(Request("practice/echo", (user("hi"),)), take)
    assert ended.wait(5)
