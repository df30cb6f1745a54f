"""A live audit timeline for the terminal, with its own ingester for Authentik."""

__version__ = "0.1.0"
