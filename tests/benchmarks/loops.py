"""
The loops over a streamed answer that `client` compares, each as its users write it. They yield the answer's text.

    python -m tests.benchmarks.loops NAME URL

runs one for each prompt that it is given on a line of its input, and prints the CPU seconds that it took and how many
characters came. Runs in the environment of its side, so nothing is imported before it is used.
"""

import json
import socket
import sys
import time
from urllib.parse import urlsplit


def _body(prompt: str) -> dict:
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": prompt}], "stream": True}


def _texts(lines):
    for line in lines:
        if line.startswith(b"data: {"):
            for choice in json.loads(line[6:])["choices"]:
                yield choice["delta"].get("content", "")


def raw(url: str):
    """A socket, `split`, `json.loads`: the least that reads an answer, and as far as this server goes, right."""
    place = urlsplit(url)
    connection = socket.create_connection((place.hostname, place.port))
    head = "POST %s/chat/completions HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n"

    def ask(prompt: str):
        body = json.dumps(_body(prompt)).encode()
        connection.sendall((head % (place.path, place.netloc, len(body))).encode() + body)
        rest = tail = b""
        while tail != b"\r\n0\r\n\r\n":
            data = connection.recv(1 << 16)
            tail = (tail + data)[-7:]
            *lines, rest = (rest + data).split(b"\n")
            yield from _texts(lines)

    return ask


def httpx_bytes(url: str):
    import httpx

    client = httpx.Client()

    def ask(prompt: str):
        with client.stream("POST", f"{url}/chat/completions", json=_body(prompt)) as response:
            rest = b""
            for chunk in response.iter_bytes():
                *lines, rest = (rest + chunk).split(b"\n")
                yield from _texts(lines)

    return ask


def openai(url: str):
    import openai

    client = openai.OpenAI(base_url=url, api_key="none")

    def ask(prompt: str):
        for chunk in client.chat.completions.create(**_body(prompt)):
            for choice in chunk.choices:
                yield choice.delta.content or ""

    return ask


def gateway_client(url: str):
    """Ours without a session: bytes in, events out, on its loop thread."""
    import queue

    from ofox_magic import user
    from ofox_magic.chat.events import Finished, TextDelta
    from ofox_magic.chat.transport import Request
    from ofox_magic.gateway.client import GatewayClient
    from ofox_magic.settings import Settings

    client = GatewayClient(lambda: Settings.read({"OFOX_BASE_URL": url, "OFOX_API_KEY": "none-of-anyones"}))

    def ask(prompt: str):
        ended, texts = queue.Queue(), []

        def note(event):
            if isinstance(event, TextDelta):
                texts.append(event.text)
            elif isinstance(event, Finished):
                ended.put(event)

        client.start(Request("gpt-4o-mini", (user(prompt),)), note)
        ended.get()
        yield from texts

    return ask


def session(url: str):
    """Ours as a program uses it, without a notebook: a turn, watched."""
    import ofox_magic
    from ofox_magic.chat.events import TextDelta

    chat = ofox_magic.connect(base_url=url, api_key="none-of-anyones")

    def ask(prompt: str):
        chat.clear()
        for event in chat.ask(prompt):
            if isinstance(event, TextDelta):
                yield event.text

    return ask


LOOPS = {loop.__name__: loop for loop in (raw, httpx_bytes, openai, gateway_client, session)}


def main(name: str, url: str) -> None:
    ask = LOOPS[name](url)
    for prompt in sys.stdin:
        began = time.process_time()
        size = sum(map(len, ask(prompt.strip())))
        print(json.dumps([time.process_time() - began, size]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
