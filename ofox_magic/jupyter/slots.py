"""
Finished pieces of HTML, spread over a few outputs of a cell.

An output cannot be added to, only sent again whole, and a front end shows no more than some dozens of them (JupyterLab
50). So sixteen outputs with one piece each become one with sixteen, and sixteen of those one again: every piece is sent
once more for each level, and three levels are more than any answer needs.
"""

from ofox_magic.jupyter.bundle import live
from ofox_magic.jupyter.screen import Screen

FAN = 16


class Slots:
    """Outputs of *screen*: full ones, then the one that still changes, then empty ones for later."""

    def __init__(self, screen: Screen, turn_id: str) -> None:
        self._screen = screen
        self._turn_id = turn_id
        self._full: list[tuple[int, str]] = []  # of each full output its level and its HTML
        self._numbers: list[int] = []
        self._shown: list[str] = []  # what stands in each output now

    def fill(self, html: str) -> None:
        """Put a finished piece where the changing one is; that moves on to the next output."""
        self._set(len(self._full), html)
        self._full.append((0, html))
        while self._merge():
            pass

    def change(self, html: str) -> None:
        """Show *html* behind all that is finished."""
        self._set(len(self._full), html)

    def empty(self) -> None:
        """Show nothing any more."""
        for place in range(len(self._shown)):
            self._set(place, "")

    def _merge(self) -> bool:
        """The whole is shown before its parts vanish: a page that shrinks first would lose the reader's place."""
        last = self._full[-FAN:]
        if len(last) < FAN or last[0][0] != last[-1][0]:
            return False
        place = len(self._full) - FAN
        whole = "".join(html for _, html in last)
        self._full[place:] = [(last[0][0] + 1, whole)]
        self._set(place, whole)
        for empty in range(place + 1, place + FAN):
            self._set(empty, "")
        return True

    def _set(self, place: int, html: str) -> None:
        if place == len(self._shown):
            self._numbers.append(self._screen.add(live(html, self._turn_id)))
            self._shown.append(html)
        elif self._shown[place] != html:
            self._screen.change(self._numbers[place], live(html, self._turn_id))
            self._shown[place] = html
