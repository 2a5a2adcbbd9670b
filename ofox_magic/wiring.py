"""Puts a session together from settings: the client behind it, and the practice gateway where one is asked for."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ofox_magic.chat.messages import ToParts
from ofox_magic.chat.parts import Part
from ofox_magic.chat.session import Session
from ofox_magic.chat.transport import Cancel, ModelCard, OnEvent, Request
from ofox_magic.errors import ConfigError
from ofox_magic.settings import Secret, Settings

if TYPE_CHECKING:
    from ofox_magic.gateway.client import GatewayClient
    from ofox_magic.practice import PracticeGateway


class Wiring:
    """
    A session and what carries it: a Transport that makes its client at the first request, since httpx is heavy.

    *to_parts* turns what is asked into parts (None: all that `context` knows, by its default rules). *given* are
    settings that win over the *environment* (None: the process's); they may be changed, and are read at each turn.
    """

    def __init__(
        self, environment: Mapping[str, str] | None = None, *, to_parts: ToParts | None = None, **given: Any
    ) -> None:
        if isinstance(given.get("api_key"), str):
            given["api_key"] = Secret(given["api_key"])
        self.given = given
        # behind a function, since the environment holds the key, and a dump of attributes would show it
        self._environment: Callable[[], Mapping[str, str]] = lambda: os.environ if environment is None else environment
        self._practice: PracticeGateway | None = None
        self.session = Session(self, to_parts=to_parts or _to_parts, default_model=lambda: self.settings().model)

    def settings(self) -> Settings:
        """Return what holds now. Raises ConfigError, which names what to set."""
        try:
            return Settings.read(self._environment(), **self.given)
        except ConfigError as error:
            problem = error.with_traceback(None)  # its frames hold the environment, and a verbose traceback shows them
        raise problem

    @cached_property
    def client(self) -> "GatewayClient":
        """The client, made when first used."""
        from ofox_magic.gateway.client import GatewayClient

        return GatewayClient(self._settings_with_address)

    def start(self, request: Request, on_event: OnEvent) -> Cancel:
        """Send *request* (see Transport)."""
        return self.client.start(request, on_event)

    def card(self, model: str) -> ModelCard | None:
        """Return what is known of *model*: nothing before the catalogue was fetched."""
        return self.client.card(model) if "client" in vars(self) else None

    def close(self) -> None:
        """End the loop thread and the practice gateway; a later turn starts them again."""
        if "client" in vars(self):
            self.client.close()
        if self._practice is not None:
            self._practice.stop()
            self._practice = None

    def _settings_with_address(self) -> Settings:
        settings = self.settings()
        return replace(settings, base_url=self._practice_url()) if settings.practice else settings

    def _practice_url(self) -> str:
        if self._practice is None:
            from ofox_magic.practice import PracticeGateway

            self._practice = PracticeGateway()
            self._practice.start()
        return self._practice.base_url


def _to_parts(*values: object) -> tuple[Part, ...]:
    from ofox_magic.context.convert import Converter  # takes longer to import than all the rest
    from ofox_magic.context.sharing import Sharing

    return Converter(Sharing()).to_parts(*values)
