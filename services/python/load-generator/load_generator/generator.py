"""Makes one request after another, and logs each."""

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
    # Before the first log line: whoever has seen it can rely on the signal handlers.
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, requests.cancel)

    log(
        event="start",
        version=config.version,
        # Without user and password.
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
        # Keep one connection for all requests, however long the delay: by default it would be closed after 5 seconds.
        limits=httpx.Limits(keepalive_expiry=None),
        # httpx applies its timeout to each read separately; the one below is for the whole request.
        timeout=None,
        # Request the API directly, not through a proxy that the environment happens to name.
        trust_env=False,
    )
    async with client:
        due = time.monotonic()
        while True:
            await make_request(client, config, counts)
            # From start to start. After a request that took longer, the next starts at once; missed ones are skipped.
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
                # Read to the end, or the connection could not be reused, but without keeping the response in memory.
                async for _ in response.aiter_raw():
                    pass
    except TimeoutError:
        error = f"no complete response within {config.timeout_ms} ms"
    # The purpose of this program is to report whatever goes wrong with a request.
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
    # Flushed, because someone may be watching through a pipe.
    print(json.dumps({"time": now, **fields}), flush=True)
