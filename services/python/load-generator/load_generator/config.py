"""The configuration, which is read only from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

DAY_MS = 24 * 60 * 60 * 1000
EXAMPLE = "http://api-golang:8000/"


class ConfigError(Exception):
    """The message names the variable and what is wrong with it."""


@dataclass(frozen=True)
class Config:
    api_url: httpx.URL
    delay_ms: int
    timeout_ms: int
    version: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Config":
        mistakes = []

        def read(parse, *arguments):
            try:
                return parse(environment, *arguments)
            except ConfigError as error:
                mistakes.append(str(error))

        config = cls(
            api_url=read(_url, "API_URL"),
            delay_ms=read(_milliseconds, "DELAY_MS", 1000),
            timeout_ms=read(_milliseconds, "TIMEOUT_MS", 5000),
            version=environment.get("VERSION") or "0.0.0",
        )
        # All at once, not one per attempt to start.
        if mistakes:
            raise ConfigError("; ".join(mistakes))
        return config


def _url(environment: Mapping[str, str], name: str) -> httpx.URL:
    value = environment.get(name, "")
    if not value:
        raise ConfigError(f"{name} is not set: expected a URL like {EXAMPLE}")
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL:
        url = httpx.URL()
    # httpx would accept blanks and invalid ports, and then no request could succeed.
    if (
        url.scheme not in ("http", "https")
        or not url.host
        or value.split() != [value]
        or (url.port is not None and not 1 <= url.port <= 65535)
    ):
        # What has an @ may contain a password.
        raise ConfigError(f"{name} is not a URL like {EXAMPLE}" + ("" if "@" in value else f": {value!r}"))
    return url


def _milliseconds(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name, "")
    if not value:
        return default
    # int() alone would accept "1_000", " 5" and the digits of every script.
    if not (value.isascii() and value.isdigit() and len(value) <= 8 and 1 <= int(value) <= DAY_MS):
        raise ConfigError(f"{name} is not a number of milliseconds from 1 to {DAY_MS}: {value!r}")
    return int(value)
