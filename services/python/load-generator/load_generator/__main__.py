"""Reads the configuration, runs until a signal, and logs a summary."""

import os
import signal
import sys


def main() -> int:
    # Importing the rest takes a while, and PID 1 ignores every signal for which it has no handler.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))

    import asyncio

    from load_generator.config import Config, ConfigError
    from load_generator.generator import run

    if len(sys.argv) > 1:
        print(f"error: unexpected argument: {sys.argv[1]!r}", file=sys.stderr)
        return 2
    try:
        config = Config.from_environment(os.environ)
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2

    # Not asyncio.run() and a normal exit: both wait for the threads that look up names, which an unresponsive name
    # server can block for half a minute.
    asyncio.new_event_loop().run_until_complete(run(config))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
