"""Puts a session together from settings: what carries its requests, what is known of the models, and their prices."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from ofox_magic.answer import answer_of
from ofox_magic.chat.messages import ToParts
from ofox_magic.chat.parts import Part
from ofox_magic.chat.runner import BeforeSend
from ofox_magic.chat.transport import Cancel, ModelCard, OnEvent, Request
from ofox_magic.errors import ConfigError
from ofox_magic.gateway.prices import CataloguePrices
from ofox_magic.settings import Keyring, Secret, Settings, working_folder
from ofox_magic.tokenizer import tokens_of_text
from ofox_magic.tools import ToolSession

if TYPE_CHECKING:
    from ofox_magic.gateway.client import GatewayClient
    from ofox_magic.gateway.known_models import KnownModels
    from ofox_magic.gateway.modes import ByMode
    from ofox_magic.practice import PracticeGateway


class Wiring:
    """
    A session and what carries it: a Transport that makes its client at the first request, since httpx is heavy.

    *to_parts* turns what is asked into parts (None: all that `context` knows, by its default rules). *make_session* is
    called as a Session is made. Cassettes are in *folder* (None: the process's, now). *given* are settings that win
    over the *environment* (None: the process's); they may be changed, and are read at each turn.
    """

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        to_parts: ToParts | None = None,
        before_send: BeforeSend | None = None,
        make_session: Callable[..., ToolSession] = ToolSession,
        folder: Path | None = None,
        **given: Any,
    ) -> None:
        if isinstance(given.get("api_key"), str):
            given["api_key"] = Secret(given["api_key"])
        self.given = given
        # behind a function, since the environment holds the key, and a dump of attributes would show it
        self._environment: Callable[[], Mapping[str, str]] = lambda: os.environ if environment is None else environment
        self._keyring = Keyring()
        self._folder = folder or working_folder()
        self._making = RLock()  # a panel's threads and a cell may come first together
        self._client: GatewayClient | None = None
        self._practice: PracticeGateway | None = None
        self.session = make_session(
            self,
            to_parts=to_parts or _to_parts,
            default_model=lambda: self.settings().model,
            before_send=before_send,
            prices=CataloguePrices(self.card, self.ensure_models, tokens_of_text),
            to_answer=answer_of,
        )

    def settings(self) -> Settings:
        """Return what holds now. Raises ConfigError, which names what to set."""
        try:
            return Settings.read(self._environment(), **self.given, keyring=self._keyring)
        except ConfigError as error:
            problem = error.with_traceback(None)  # its frames hold the environment, and a verbose traceback shows them
        raise problem

    # -- the transport ------------------------------------------------------------------------------------------------

    def start(self, request: Request, on_event: OnEvent) -> Cancel:
        """Send *request* (see Transport), or record or replay it, as OFOX_MODE says."""
        settings = self.settings()
        return self._by_mode.start(
            request,
            on_event,
            mode=settings.mode,
            cassette=self._cassette(),
            pace="recorded" if settings.live else "at once",
        )

    def body(self, request: Request, without: tuple[str, ...] = ()) -> bytes:
        """Return the body of *request*, without the keys *without*, as it is sent: JSON in UTF-8. ConfigError."""
        from ofox_magic.gateway.wire import encode, request_body

        return encode({name: value for name, value in request_body(request).items() if name not in without})

    def card(self, model: str) -> ModelCard | None:
        """Return what is known of *model* (id or alias); asks nobody but the file that keeps the catalogue."""
        try:
            settings = self.settings()
        except ConfigError:
            return None  # it is said when something is sent
        if settings.mode == "replay":
            return self._by_mode.recorded_card(model, self._cassette())
        return self.known_models.of(self._known_address(settings)).card(model)

    # -- the models ---------------------------------------------------------------------------------------------------

    def models(self) -> tuple[ModelCard, ...]:
        """Ask the gateway for its models. Raises OfoxError."""
        settings = self.settings()
        if settings.is_offline:
            raise ConfigError(f"OFOX_MODE={settings.mode}: nothing is sent, and the gateway knows its models")
        return self.client.models()

    def cards(self) -> tuple[ModelCard, ...]:
        """Return what is known of the gateway's models; asks it where that is a day old. Raises ConfigError."""
        self.ensure_models()
        return self.known_models.of(self._known_address(self.settings())).cards

    def models_by_now(self) -> tuple[ModelCard, ...]:
        """Return what is known of models; asks nobody but the file that keeps the catalogue, a keyring neither."""
        try:
            settings = Settings.read(self._environment(), **self.given, keyless=True)
        except ConfigError:
            return ()
        return self.known_models.of(self._known_address(settings)).cards

    def ensure_models(self) -> None:
        """Ask the gateway for its models where what is known of them is a day old; where that fails, that stays."""
        with suppress(ConfigError):
            if not self.settings().is_offline:
                self.client.ensure_models()

    def ensure_practice_models(self) -> None:
        """Learn the models of the practice gateway, if that is the one: nobody is asked but this process."""
        if self.settings().practice:
            self.ensure_models()

    @cached_property
    def known_models(self) -> "KnownModels":
        """What is known of each gateway's models, for a day on disk."""
        from ofox_magic.gateway.catalogue_file import CatalogueFile, default_directory
        from ofox_magic.gateway.known_models import KnownModels

        return KnownModels(CatalogueFile(default_directory()))

    # -- what carries -------------------------------------------------------------------------------------------------

    @property
    def client(self) -> "GatewayClient":
        """The client, made when first used, since httpx is heavy."""
        with self._making:
            if self._client is None:
                from ofox_magic.gateway.client import GatewayClient

                self._client = GatewayClient(self._settings_with_address, models=self.known_models)
            return self._client

    @cached_property
    def _by_mode(self) -> "ByMode":
        from ofox_magic.gateway.modes import ByMode

        return ByMode(lambda: self.client, mask=self.mask)

    def mask(self, text: str) -> str:
        """Return *text* without the key."""
        try:
            key = self.settings().api_key
        except ConfigError:
            return text
        return key.mask(text) if key else text

    def close(self) -> None:
        """End the loop thread and the practice gateway; a later turn starts them again, and asks the keyring anew."""
        self._keyring = Keyring()
        if self._client is not None:
            self._client.close()
        if "_by_mode" in vars(self):
            self._by_mode.close()
        if self._practice is not None:
            self._practice.stop()
            self._practice = None

    def _cassette(self) -> Path:
        from ofox_magic.gateway.replay import cassette_path

        return self._folder / cassette_path(self._environment())

    def _known_address(self, settings: Settings) -> str:
        return self._practice.base_url if settings.practice and self._practice else settings.base_url

    def _settings_with_address(self) -> Settings:
        settings = self.settings()
        return replace(settings, base_url=self._practice_url()) if settings.practice else settings

    def _practice_url(self) -> str:
        with self._making:
            if self._practice is None:
                from ofox_magic.practice import PracticeGateway

                gateway = PracticeGateway()
                gateway.start()
                self._practice = gateway
            return self._practice.base_url


def _to_parts(*values: object) -> tuple[Part, ...]:
    from ofox_magic.context.convert import Converter  # takes longer to import than all the rest
    from ofox_magic.context.sharing import Sharing

    return Converter(Sharing()).to_parts(*values)
