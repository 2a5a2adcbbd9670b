"""
The practice gateway: a local server that speaks the gateway's protocol, and says that it is no language model.

Knows the protocol only, and nothing of the client, the session or Jupyter.
"""

from ofox_magic.practice.received import Received
from ofox_magic.practice.script import HTML_PAGE, Script
from ofox_magic.practice.server import PracticeGateway, serve_forever

__all__ = ["HTML_PAGE", "PracticeGateway", "Received", "Script", "serve_forever"]
