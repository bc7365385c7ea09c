"""One request after the other, each with a line in the log."""

import asyncio
import contextlib
import json
import signal
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from load_generator.config import Config


@dataclass
class Counts:
    requests: int = 0
    failures: int = 0


async def run(config: Config) -> None:
    """Makes requests until SIGTERM or SIGINT."""
    counts = Counts()
    requests = asyncio.create_task(make_requests(config, counts))
    # Before the first line, so that whoever has seen it can rely on it.
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, requests.cancel)

    log(
        event="start",
        version=config.version,
        # Without a user and a password.
        api_url=str(config.api_url.copy_with(userinfo=b"")),
        delay_ms=config.delay_ms,
        timeout_ms=config.timeout_ms,
    )
    with contextlib.suppress(asyncio.CancelledError):
        await requests

    log(event="summary", requests=counts.requests, failures=counts.failures)


async def make_requests(config: Config, counts: Counts) -> None:
    client = httpx.AsyncClient(
        headers={"User-Agent": f"load-generator/{config.version}"},
        # One connection serves all requests, however long the delay: by default it would be closed after 5 seconds.
        limits=httpx.Limits(keepalive_expiry=None),
        # httpx applies its timeout to each read anew; the one below is for the whole request.
        timeout=None,
        # The API is what is asked, not a proxy that the environment happens to name.
        trust_env=False,
    )
    async with client:
        due = time.monotonic()
        while True:
            await make_request(client, config, counts)
            # From start to start. After a request that took longer, the next comes at once, but only one.
            due = max(due + config.delay_ms / 1000, time.monotonic())
            await asyncio.sleep(due - time.monotonic())


async def make_request(client: httpx.AsyncClient, config: Config, counts: Counts) -> None:
    status = None
    error = None
    start = time.monotonic()
    try:
        async with asyncio.timeout(config.timeout_ms / 1000):
            async with client.stream("GET", config.api_url) as response:
                status = response.status_code
                # To its end, or the connection could not be used again; but it need not be kept in memory.
                async for _ in response.aiter_raw():
                    pass
    except TimeoutError:
        error = f"no complete answer within {config.timeout_ms} ms"
    # Whatever goes wrong with a request is what this program is there to report.
    except Exception as exception:
        error = f"{type(exception).__name__}: {exception}".removesuffix(": ")
    latency_ms = round((time.monotonic() - start) * 1000, 3)

    counts.requests += 1
    if error is not None or status >= 400:
        counts.failures += 1
    line = {"event": "request", "request": counts.requests, "status": status, "latency_ms": latency_ms}
    if error is not None:
        line["error"] = error
    log(**line)


def log(**fields: object) -> None:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    # Flushed, because somebody may be watching through a pipe.
    print(json.dumps({"time": now, **fields}), flush=True)
