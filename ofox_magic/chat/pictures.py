"""The pictures of one request: each goes once, however often the conversation shows it."""

from ofox_magic.chat.parts import Image, Text


class Pictures:
    """Those that a request has so far."""

    def __init__(self) -> None:
        self._names: dict[tuple[bytes, str | None, str | None], str] = {}

    def sent_as(self, image: Image) -> Image | Text:
        """Return *image*, which is the next; where it was there before, the text that goes in its place."""
        identity = (image.data, image.url, image.detail)
        if identity in self._names:
            return Text(f"[the same picture as {self._names[identity]}]")
        self._names[identity] = f"picture {len(self._names) + 1} of this conversation"
        return image
