"""What stands around an answer's HTML wherever one is shown: its frame, its folded reasoning, its quiet lines."""

from html import escape

# mathjax_ignore and tex2jax_ignore: JupyterLab typesets text/html, and "$5 or $10" is no formula
_OPEN = '<div class="ofox-answer mathjax_ignore tex2jax_ignore">'


def framed(html: str) -> str:
    """Return *html*, safe already, in the frame that our style is for."""
    return f"{_OPEN}{html}</div>"


def reasoning_html(reasoning: str) -> str:
    """Return what the model thought aloud, folded; nothing where it did not."""
    from ofox_magic.render import to_html  # heavy, and not needed until there is an answer

    if not reasoning:
        return ""
    return f"<details><summary>Reasoning</summary>{to_html(reasoning)}</details>"


def note_html(note: str) -> str:
    """Return *note* as a quiet line."""
    return f'<p class="ofox-note">{escape(note)}</p>' if note else ""
