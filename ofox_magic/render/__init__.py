"""A model's markdown to HTML that is safe in a live, trusted notebook. The only importer of markdown_it and nh3."""

from ofox_magic.render.blocks import CodeBlock, TableBlock, blocks_of
from ofox_magic.render.budget import TooMuch
from ofox_magic.render.document import STYLE, picture_html, plain_html, to_html
from ofox_magic.render.flow import Flow

__all__ = ["STYLE", "CodeBlock", "Flow", "TableBlock", "TooMuch", "blocks_of", "picture_html", "plain_html", "to_html"]
