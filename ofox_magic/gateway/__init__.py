"""The wire: bytes and HTTP on one side, the conversation's values on the other. Only `client` knows httpx."""
