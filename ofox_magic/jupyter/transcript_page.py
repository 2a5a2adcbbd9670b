"""A transcript as a page of its own: one file, light and dark, that loads nothing and runs nothing. Pure."""

from html import escape

from ofox_magic.jupyter.transcript import STYLE, Transcript

_PAGE_STYLE = """\
<style>
:root{color-scheme:light dark;--line:rgba(128,128,128,.3)}
body{max-width:52rem;margin:2rem auto;padding:0 1rem;font:16px/1.55 system-ui,sans-serif}
pre,code{font-family:ui-monospace,monospace;font-size:.9em}
table{border-collapse:collapse}
th,td{padding:.3em .7em;border:1px solid var(--line)}
img{max-width:100%}
@media (prefers-color-scheme:dark){
body{background:#16181c;color:#dfe2e6}
a{color:#8ab4f8}
:root{--jp-mirror-editor-comment-color:#9aa5b1;--jp-mirror-editor-keyword-color:#c792ea;
--jp-mirror-editor-string-color:#f28b82;--jp-mirror-editor-number-color:#7ee787;
--jp-mirror-editor-builtin-color:#7ee787;--jp-mirror-editor-def-color:#82aaff;--jp-mirror-editor-meta-color:#c4a7ff}
}
</style>
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(transcript: Transcript) -> str:
    """Return *transcript* as an HTML document."""
    from ofox_magic.render import STYLE as OF_ANSWERS

    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(transcript.title)}</title>\n{_PAGE_STYLE}{OF_ANSWERS}{STYLE}</head>\n"
        f"<body>\n{transcript.html()}\n</body>\n</html>\n"
    )
