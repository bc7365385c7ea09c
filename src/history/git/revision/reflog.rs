//! Entries of reflogs: `REF@{N}` and `REF@{DATE}`.

use gix::ObjectId;
use gix::bstr::ByteSlice as _;

use super::Resolver;
use crate::error::Result;

/// A change of a ref.
struct Entry<'t> {
    old: ObjectId,
    new: ObjectId,
    time: i64,
    message: &'t [u8],
}

/// Which entry is asked for.
enum Position {
    Number(usize),
    /// Seconds since 1970.
    Time(i64),
}

impl Resolver<'_> {
    /// Where the ref with the log called `log`, which is at `current`, was at `position`.
    pub(super) fn entry_of(
        &self,
        log: &[u8],
        current: ObjectId,
        position: &[u8],
    ) -> Result<Option<ObjectId>> {
        let name = String::from_utf8_lossy(log).into_owned();
        let Some(position) = parse_position(position) else {
            let text = String::from_utf8_lossy(position);
            let cause = format!("what '{text}' means depends on the clock and the time zone");
            let hint = format!(
                "write a number, as in {name}@{{1}}, or a whole date, as git reflog --date=iso {name} shows them"
            );
            return Err(self.dead_end(cause, hint));
        };
        let text = self.log(log)?.unwrap_or_default();
        let entries = self.entries(&text);
        let found = match position {
            Position::Number(0) => Some(entries.last().map_or(current, |newest| newest.new)),
            Position::Number(number) => before(&entries, number),
            Position::Time(time) => at(&entries, time, current),
        };
        found.map(Some).ok_or_else(|| {
            let cause = match entries.len() {
                1 => format!("the reflog of {name} has only one entry"),
                count => format!("the reflog of {name} has only {count} entries"),
            };
            self.dead_end(cause, format!("git reflog {name} shows them"))
        })
    }

    /// The branch or commit that was checked out before the last `number` switches.
    pub(super) fn checked_out_before(&self, number: i64) -> Result<Option<Vec<u8>>> {
        let text = self.log(b"HEAD")?.unwrap_or_default();
        let mut switches = self.entries(&text).into_iter().rev().filter_map(|entry| {
            let rest = entry.message.strip_prefix(b"checkout: moving from ")?;
            rest.split_once_str(" to ").map(|(from, _)| from.to_owned())
        });
        Ok(usize::try_from(number - 1).ok().and_then(|index| switches.nth(index)))
    }

    /// The entries of a log, oldest first, without those that are malformed.
    fn entries<'t>(&self, text: &'t [u8]) -> Vec<Entry<'t>> {
        let lines = text.split_inclusive(|&byte| byte == b'\n');
        lines.filter_map(|line| self.parse_entry(line.strip_suffix(b"\n")?)).collect()
    }

    /// `OLD NEW NAME <EMAIL> SECONDS ZONE`, a tab, and a message.
    fn parse_entry<'t>(&self, line: &'t [u8]) -> Option<Entry<'t>> {
        let hash = |text: &'t [u8]| {
            let (hash, rest) = text.split_at_checked(self.hash_length())?;
            Some((ObjectId::from_hex(hash).ok()?, rest.strip_prefix(b" ")?))
        };
        let (old, rest) = hash(line)?;
        let (new, rest) = hash(rest)?;
        let (_, rest) = rest.split_once_str("> ")?;
        let (time, rest) = rest.split_once_str(" ")?;
        let time = time.to_str().ok()?.parse().ok().filter(|time| *time != 0)?;
        let (zone, rest) = rest.split_at_checked(5)?;
        let is_zone = matches!(zone, [b'+' | b'-', digits @ ..] if digits.iter().all(u8::is_ascii_digit));
        is_zone.then_some(Entry { old, new, time, message: rest.strip_prefix(b"\t").unwrap_or(rest) })
    }
}

/// Where a ref was before its last `number` changes.
fn before(entries: &[Entry<'_>], number: usize) -> Option<ObjectId> {
    let from = entries.iter().rev().skip(number - 1);
    from.map(|entry| entry.old).find(|old| !old.is_null())
}

/// Where a ref, now at `current`, was at `time`: before its oldest change, what that began with.
fn at(entries: &[Entry<'_>], time: i64, current: ObjectId) -> Option<ObjectId> {
    let mut later: Option<&Entry<'_>> = None;
    for entry in entries.iter().rev() {
        if entry.time <= time {
            let is_certain = later.is_some_and(|later| !later.old.is_null()) || entry.time == time;
            return Some(if is_certain { entry.new } else { current });
        }
        later = Some(entry);
    }
    later.map(|oldest| if oldest.old.is_null() { oldest.new } else { oldest.old })
}

fn parse_position(text: &[u8]) -> Option<Position> {
    /// git takes larger numbers for seconds since 1970.
    const NUMBER_MAX: i32 = 99_999_999;
    let text = text.to_str().ok()?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return date(text).map(Position::Time);
    }
    let number: i32 = text.parse().ok()?;
    if number > NUMBER_MAX {
        return Some(Position::Time(number.into()));
    }
    usize::try_from(number).ok().map(Position::Number)
}

/// The seconds since 1970 of a whole date with its zone, `2026-11-26 14:00:00 +0100`: the only form of which git completes
/// nothing by the clock.
fn date(text: &str) -> Option<i64> {
    let shape = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    let is_whole = ["0000-00-00 00:00:00 +0000", "0000-00-00 00:00:00 -0000"]
        .iter()
        .any(|whole| shape.clone().eq(whole.bytes()));
    let time = jiff::Timestamp::strptime("%Y-%m-%d %H:%M:%S %z", text).ok().filter(|_| is_whole)?;
    // git knows no date before 1970.
    Some(time.as_second()).filter(|seconds| *seconds >= 100_000_000)
}
