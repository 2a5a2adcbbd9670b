"""A model's markdown to HTML that is safe in a live, trusted notebook. The only importer of markdown_it and nh3."""

from ofox_magic.render.markdown import to_html

__all__ = ["to_html"]
