"""Runs the program in a separate process against a test server."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SERVICE = Path(__file__).resolve().parent.parent

# Far longer than anything here takes, so that slow machines pass; it only stops tests that hang.
PATIENCE = 20

HANGING_LOOKUP = """
import socket, time
socket.getaddrinfo = lambda *_, **__: time.sleep(60)
from load_generator.__main__ import main
main()
"""


class Api(ThreadingHTTPServer):
    """Each path has its own kind of trouble."""

    daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.connections = 0
        self.agents = set()
        self.release = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.server_port}{path}"

    def handle_error(self, request, client_address):
        # Clients that disconnect in the middle of a response are part of the tests.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def __exit__(self, *exception):
        self.release.set()
        self.shutdown()
        super().__exit__(*exception)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.connections += 1

    def do_GET(self):
        if self.server.release.is_set():
            # This thread outlives its server and would keep the connection open.
            self.close_connection = True
            return
        self.server.agents.add(self.headers["User-Agent"])
        match self.path:
            case "/hang":
                self.server.release.wait()
            case "/drip":
                # Never idle for long and never done: only a limit on the whole request ends this.
                self.start(200, 1000)
                with contextlib.suppress(OSError):
                    while not self.server.release.wait(0.05):
                        self.wfile.write(b".")
            case "/slow":
                time.sleep(0.2)
                self.start(200, 2)
                self.wfile.write(b"ok")
            case "/broken":
                self.wfile.write(b"no HTTP at all\r\n\r\n")
                self.close_connection = True
            case _:
                self.start(int(self.path[1:] or 200), 2)
                self.wfile.write(b"ok")

    def start(self, status, length):
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *_):
        pass


class LoadGenerator:
    """The program while it runs."""

    def __init__(self, *, code=None, arguments=(), **variables):
        self.process = subprocess.Popen(
            [sys.executable, *(["-c", code] if code else ["-m", "load_generator"]), *arguments],
            cwd=SERVICE,
            # Of the caller's environment, only what finds the interpreter's libraries. The proxy does not exist.
            env={
                **{name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ},
                "http_proxy": "http://127.0.0.1:1",
                **variables,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.patience = threading.Timer(PATIENCE, self.process.kill)

    def __enter__(self):
        self.patience.start()
        return self

    def __exit__(self, *_):
        self.patience.cancel()
        self.process.kill()
        self.process.communicate()

    def line(self):
        return json.loads(self.process.stdout.readline())

    def lines(self, count):
        return [self.line() for _ in range(count)]

    def stop(self, number=signal.SIGTERM):
        """Returns the exit code, the seconds until the end, the rest of the log and standard error."""
        start = time.monotonic()
        self.process.send_signal(number)
        stdout, stderr = self.process.communicate()
        return (
            self.process.returncode,
            time.monotonic() - start,
            [json.loads(line) for line in stdout.splitlines()],
            stderr,
        )


class LoadGeneratorTest(unittest.TestCase):
    def assert_stops(self, program, number=signal.SIGTERM):
        """Stops the program, and returns its summary."""
        code, seconds, rest, stderr = program.stop(number)
        self.assertEqual((code, stderr), (0, ""))
        self.assertLess(seconds, 2)
        self.assertEqual(rest[-1]["event"], "summary")
        return rest[-1]

    def test_logs_each_request(self):
        with Api() as api, LoadGenerator(API_URL=api.url(), DELAY_MS="10", VERSION="1.2.3") as program:
            start, *requests = program.lines(6)
            summary = self.assert_stops(program)

        self.assertEqual(
            {name: start[name] for name in start if name != "time"},
            {"event": "start", "version": "1.2.3", "api_url": api.url(), "delay_ms": 10, "timeout_ms": 5000},
        )
        for number, line in enumerate(requests, start=1):
            self.assertEqual(set(line), {"time", "event", "request", "status", "latency_ms"})
            self.assertEqual((line["event"], line["request"], line["status"]), ("request", number, 200))
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertGreater(line["latency_ms"], 0)
        self.assertGreaterEqual(summary["requests"], 5)
        self.assertEqual(summary["failures"], 0)
        self.assertEqual(api.connections, 1, "each request opened a connection")
        self.assertEqual(api.agents, {"load-generator/1.2.3"})

    def test_keeps_to_the_delay(self):
        with Api() as api, LoadGenerator(API_URL=api.url("/slow"), DELAY_MS="300") as program:
            program.lines(2)
            start = time.monotonic()
            requests = program.lines(4)
            seconds = time.monotonic() - start
        # From start to start: the 200 ms of each request are part of the delay.
        self.assertGreater(seconds, 1.1)
        self.assertLess(seconds, 1.8)
        for line in requests:
            self.assertGreaterEqual(line["latency_ms"], 200)

    def test_error_status(self):
        for path, failed in (("/404", True), ("/503", True), ("/302", False), ("/204", False)):
            with (
                self.subTest(path),
                Api() as api,
                LoadGenerator(API_URL=api.url(path), DELAY_MS="60000") as program,
            ):
                _, line = program.lines(2)
                self.assertEqual((line["status"], "error" in line), (int(path[1:]), False))
                summary = self.assert_stops(program)
                self.assertEqual((summary["requests"], summary["failures"]), (1, int(failed)))

    def test_api_down_and_up_again(self):
        with Api() as api:
            port = api.server_port
        with LoadGenerator(API_URL=f"http://127.0.0.1:{port}/", DELAY_MS="20") as program:
            _, *failures = program.lines(4)
            for line in failures:
                self.assertIsNone(line["status"])
                self.assertRegex(line["error"], "^ConnectError: ")
            with Api(port):
                while (line := program.line())["status"] is None:
                    pass
                self.assertEqual(line["status"], 200)
            while (line := program.line())["status"] is not None:
                pass
            summary = self.assert_stops(program)
        self.assertGreaterEqual(summary["failures"], 4)
        self.assertLess(summary["failures"], summary["requests"])

    def test_name_unknown(self):
        with LoadGenerator(API_URL="http://api.invalid/", DELAY_MS="20", TIMEOUT_MS="15000") as program:
            _, *failures = program.lines(2)
            self.assertIsNone(failures[0]["status"])
            self.assertIn("error", failures[0])
            self.assert_stops(program)

    def test_slow_api(self):
        for path, status in (("/hang", None), ("/drip", 200)):
            with (
                self.subTest(path),
                Api() as api,
                LoadGenerator(API_URL=api.url(path), DELAY_MS="1", TIMEOUT_MS="300") as program,
            ):
                _, *requests = program.lines(4)
                for line in requests:
                    self.assertEqual((line["status"], line["error"]), (status, "no complete response within 300 ms"))
                    self.assertGreaterEqual(line["latency_ms"], 300)
                    self.assertLess(line["latency_ms"], 3000)
                summary = self.assert_stops(program)
                self.assertEqual(summary["failures"], summary["requests"])

    def test_no_http(self):
        with Api() as api, LoadGenerator(API_URL=api.url("/broken"), DELAY_MS="1") as program:
            _, *requests = program.lines(4)
            for line in requests:
                self.assertRegex(line["error"], "^RemoteProtocolError: ")
            self.assert_stops(program)

    def test_stops_while_it_waits(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with (
                self.subTest(number),
                Api() as api,
                LoadGenerator(API_URL=api.url(), DELAY_MS="60000") as program,
            ):
                program.lines(2)
                self.assertEqual(self.assert_stops(program, number)["requests"], 1)

    def test_stops_in_a_hanging_request(self):
        with Api() as api, LoadGenerator(API_URL=api.url("/hang"), TIMEOUT_MS="60000") as program:
            program.line()
            while not api.agents:
                time.sleep(0.01)
            # An interrupted request says nothing about the API.
            summary = self.assert_stops(program)
            self.assertEqual((summary["requests"], summary["failures"]), (0, 0))

    def test_stops_in_a_hanging_connection(self):
        # With a full backlog, the next connection is neither accepted nor refused.
        with socket.socket() as full, contextlib.ExitStack() as clients:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for _ in range(3):
                client = clients.enter_context(socket.socket())
                client.setblocking(False)
                client.connect_ex(full.getsockname())
            url = "http://{}:{}/".format(*full.getsockname())
            with LoadGenerator(API_URL=url, TIMEOUT_MS="60000") as program:
                program.line()
                time.sleep(0.3)
                self.assert_stops(program)

    def test_stops_in_a_hanging_lookup(self):
        with LoadGenerator(code=HANGING_LOOKUP, API_URL="http://api/", TIMEOUT_MS="200") as program:
            # By then the first request has timed out, but its lookup is still hanging.
            _, request = program.lines(2)
            self.assertEqual(request["error"], "no complete response within 200 ms")
            self.assert_stops(program)

    def test_stops_at_any_moment(self):
        for moment in range(10):
            with Api() as api, LoadGenerator(API_URL=api.url(), DELAY_MS="1") as program:
                program.line()
                time.sleep(moment / 200)
                self.assert_stops(program)

    def test_stops_while_it_starts(self):
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "httpx.py").write_text("import time\nprint('{}', flush=True)\ntime.sleep(60)\n")
            for number in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(number), LoadGenerator(API_URL="http://api/", PYTHONPATH=directory) as program:
                    program.line()
                    code, seconds, rest, stderr = program.stop(number)
                    self.assertEqual((code, rest, stderr), (0, [], ""))
                    self.assertLess(seconds, 2)

    def test_the_password_is_not_logged(self):
        with Api() as api:
            url = re.sub("//", "//demo:secret@", api.url())
            with LoadGenerator(API_URL=url, DELAY_MS="60000") as program:
                start, request = program.lines(2)
                self.assertEqual((start["api_url"], request["status"]), (api.url(), 200))

    def test_invalid_configuration(self):
        for variables, message in (
            ({}, "error: API_URL is not set: expected a URL like http://api-golang:8000/\n"),
            ({"API_URL": "nowhere"}, "error: API_URL is not a URL like http://api-golang:8000/: 'nowhere'\n"),
            (
                {"API_URL": "http://api/", "DELAY_MS": "soon"},
                "error: DELAY_MS is not a number of milliseconds from 1 to 86400000: 'soon'\n",
            ),
        ):
            with self.subTest(message), LoadGenerator(**variables) as program:
                self.assert_refuses(program, message)

    def test_arguments(self):
        with LoadGenerator(arguments=["--delay=5"], API_URL="http://api/") as program:
            self.assert_refuses(program, "error: unexpected argument: '--delay=5'\n")

    def assert_refuses(self, program, message):
        stdout, stderr = program.process.communicate()
        self.assertEqual((program.process.returncode, stdout, stderr), (2, "", message))


if __name__ == "__main__":
    unittest.main()
