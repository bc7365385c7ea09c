"""Reads the configuration, runs until a signal, and says how it went."""

import os
import signal
import sys


def main() -> int:
    # The rest takes a while to import, and a process that is PID 1 ignores every signal it has not asked for.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))

    import asyncio

    from load_generator.config import Config, ConfigError
    from load_generator.generator import run

    try:
        config = Config.from_environment(os.environ)
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2

    # Neither asyncio.run() nor a normal exit would do: both wait for the threads in which names are looked up,
    # and a name server that does not answer can hold one for half a minute.
    asyncio.new_event_loop().run_until_complete(run(config))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
