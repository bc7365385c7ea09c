"""Requests an HTTP API repeatedly, and logs the responses."""
