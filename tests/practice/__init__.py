"""The practice gateway, from its values up to a process of its own."""
