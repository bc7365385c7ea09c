//! When a request that failed is sent again.

use std::time::{Duration, SystemTime};

use jiff::fmt::rfc2822::DateTimeParser;

/// How often a request is sent, the first time included.
const TRIES_MAX: u32 = 5;

/// All retries end within this time of a registry's first failure.
pub(super) const WINDOW: Duration = Duration::from_secs(60);

/// The pause after the first try; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Whether a request may succeed if it is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    /// The answer would be the same.
    Never,
    /// After a pause.
    Soon,
    /// The server asks to come back after this time (RFC 9110, 10.2.3).
    After(Duration),
}

/// What comes after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The request is sent again after this time.
    Pause(Duration),
    /// Nothing: it may not help, or has been tried often enough.
    GiveUp,
    /// Nothing: the server asks for a longer pause than anybody should wait.
    TooLong(Duration),
}

/// What comes after try number `tries` failed, with `left` of the window.
pub(super) fn next(tries: u32, retry: Retry, left: Duration) -> Next {
    let own = FIRST_PAUSE * 2_u32.pow(tries.clamp(1, TRIES_MAX) - 1);
    match retry {
        Retry::After(asked) if asked >= left => Next::TooLong(asked),
        _ if tries >= TRIES_MAX => Next::GiveUp,
        Retry::After(asked) => Next::Pause(asked.max(own)),
        Retry::Soon if own < left => Next::Pause(own),
        Retry::Never | Retry::Soon => Next::GiveUp,
    }
}

/// Whether a status says that the same request may succeed later.
pub(super) fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

/// The pause that `Retry-After` asks for: seconds, or a date. None if it is neither.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTimeParser::new().parse_timestamp(value).ok()?;
    // One that is over means now.
    Some(SystemTime::from(date).duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn pauses_grow_until_the_last_try() {
        let pauses: Vec<Next> = (1..=5).map(|tries| next(tries, Retry::Soon, WINDOW)).collect();
        let expected = [250, 500, 1000, 2000].map(|pause| Next::Pause(Duration::from_millis(pause)));
        assert_eq!(pauses, [&expected[..], &[Next::GiveUp]].concat());
    }

    #[test]
    fn nothing_is_sent_again_that_cannot_succeed_or_comes_too_late() {
        assert_eq!(next(1, Retry::Never, WINDOW), Next::GiveUp);
        assert_eq!(next(1, Retry::Soon, Duration::ZERO), Next::GiveUp);
        assert_eq!(next(3, Retry::Soon, seconds(1)), Next::GiveUp);
    }

    #[test]
    fn a_server_decides_how_long_the_pause_is_within_the_window() {
        assert_eq!(next(1, Retry::After(seconds(7)), WINDOW), Next::Pause(seconds(7)));
        assert_eq!(next(4, Retry::After(seconds(1)), WINDOW), Next::Pause(seconds(2)));
        assert_eq!(next(1, Retry::After(Duration::ZERO), WINDOW), Next::Pause(FIRST_PAUSE));
        assert_eq!(next(5, Retry::After(seconds(1)), WINDOW), Next::GiveUp);
        assert_eq!(next(1, Retry::After(seconds(60)), WINDOW), Next::TooLong(seconds(60)));
        assert_eq!(next(5, Retry::After(seconds(61)), WINDOW), Next::TooLong(seconds(61)));
        assert_eq!(next(2, Retry::After(seconds(10)), seconds(9)), Next::TooLong(seconds(10)));
    }

    #[test]
    fn some_statuses_pass() {
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(is_temporary(status), "{status}");
        }
        for status in [200, 301, 400, 401, 403, 404, 405, 412] {
            assert!(!is_temporary(status), "{status}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        // Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
        let now = SystemTime::UNIX_EPOCH + seconds(784_111_777 - 30);
        for (value, expected) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("", None),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
        ] {
            assert_eq!(retry_after(value, now), expected.map(seconds), "{value:?}");
        }
    }
}
