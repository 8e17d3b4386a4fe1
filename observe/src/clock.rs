//! Times as the log writes them (RFC 3339, UTC), and as seconds since 1970, which buckets are made of.

use std::time::{SystemTime, UNIX_EPOCH};

use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{self, FormatTime as _};

const DAY: u64 = 24 * 60 * 60;

/// Returns the time as the log writes it.
pub(crate) fn timestamp() -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let written = time::SystemTime.format_time(&mut Writer::new(&mut text));
    debug_assert!(written.is_ok());
    text
}

/// Returns the time in seconds.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// Returns seconds as a time of the log.
pub(crate) fn text(seconds: u64) -> String {
    let (year, month, day) = date(seconds / DAY);
    let rest = seconds % DAY;
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Returns a time of the log in seconds; `None` where the text is no time.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let marks = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")];
    let shaped = marks
        .iter()
        .all(|(at, mark)| text.get(*at..at + 1) == Some(mark));
    if !shaped || !text.ends_with('Z') {
        return None;
    }
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    let possible =
        (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    (possible && hour < 24 && minute < 60 && second <= 60)
        .then(|| days(year, month, day) * DAY + hour * 3600 + minute * 60 + second)
}

/// Returns the days from 1970 to a date. Years begin in March here, so that the odd day is their last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year / 4 - year / 100 + year / 400;
    (year * 365 + leaps + (month * 153 + 2) / 5 + day - 1).saturating_sub(719_468)
}

/// Returns the date of a day since 1970.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, late) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + late, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamp_that_is_written_is_read_as_the_same_time() {
        for (text_, seconds_) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2026-11-21T18:12:42Z", 1_795_284_762),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
        ] {
            assert_eq!(text(seconds_), text_);
            assert_eq!(seconds(text_), Some(seconds_), "{text_}");
        }
        assert_eq!(seconds("2026-11-21T18:12:42.123456Z"), Some(1_795_284_762));
        for day in (0..60_000).step_by(13) {
            assert_eq!(seconds(&text(day * DAY + 7)), Some(day * DAY + 7));
        }
        for bad in [
            "",
            "2026-11-21",
            "2026-13-21T18:12:42Z",
            "2026-11-21T18:12:42+01:00",
            "2026-11-21 18:12:42Z",
            "éééééééééééééééZ",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
