import unittest

from load_generator.config import DAY_MS, Config, ConfigError

URL = "http://api-golang:8000/"


class ConfigTest(unittest.TestCase):
    def test_defaults(self):
        # In a Compose file, an unset variable becomes an empty one.
        for environment in ({"API_URL": URL}, {"API_URL": URL, "DELAY_MS": "", "TIMEOUT_MS": "", "VERSION": ""}):
            config = Config.from_environment(environment)
            self.assertEqual(
                (config.api_url, config.delay_ms, config.timeout_ms, config.version), (URL, 1000, 5000, "0.0.0")
            )

    def test_everything_set(self):
        config = Config.from_environment(
            {"API_URL": "https://[::1]/a?b=c", "DELAY_MS": "1", "TIMEOUT_MS": str(DAY_MS), "VERSION": "1.2.3"}
        )
        self.assertEqual(
            (config.api_url, config.delay_ms, config.timeout_ms, config.version),
            ("https://[::1]/a?b=c", 1, DAY_MS, "1.2.3"),
        )

    def test_url_missing(self):
        for environment in ({}, {"API_URL": ""}):
            with self.assertRaisesRegex(ConfigError, "^API_URL is not set: expected a URL like http://api-golang:8000/$"):
                Config.from_environment(environment)

    def test_url_invalid(self):
        for value in (
            "api-golang",
            "api-golang:8000",
            "/ping",
            "http://",
            "http:///ping",
            "http://:8000",
            "ftp://api/",
            "http://api:port/",
            "http://api:99999/",
            "http://api:0/",
            "http://a b/",
            "http://api/\n",
            " ",
        ):
            with self.subTest(value), self.assertRaises(ConfigError) as caught:
                Config.from_environment({"API_URL": value})
            self.assertEqual(str(caught.exception), f"API_URL is not a URL like http://api-golang:8000/: {value!r}")

    def test_all_mistakes_at_once(self):
        with self.assertRaisesRegex(ConfigError, "^API_URL is not set.*; DELAY_MS is not.*; TIMEOUT_MS is not"):
            Config.from_environment({"DELAY_MS": "a", "TIMEOUT_MS": "b"})

    def test_the_password_is_not_repeated(self):
        with self.assertRaises(ConfigError) as caught:
            Config.from_environment({"API_URL": "http://demo:secret@api:port/"})
        self.assertNotIn("secret", str(caught.exception))

    def test_milliseconds_invalid(self):
        for name in ("DELAY_MS", "TIMEOUT_MS"):
            for value in ("0", "-1", "1.5", "1s", " 5", "1_000", "٣", "²", str(DAY_MS + 1), "9" * 5000):
                with self.subTest(name=name, value=value[:10]), self.assertRaisesRegex(ConfigError, f"^{name} is not a number .*: '"):
                    Config.from_environment({"API_URL": URL, name: value})
