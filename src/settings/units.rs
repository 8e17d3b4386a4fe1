//! Sizes and times as a person writes them.

use std::time::Duration;

/// The units of a size, the largest first.
const UNITS: [(usize, &str); 5] = [
    (1 << 30, "GiB"),
    (1 << 20, "MiB"),
    (1 << 10, "KiB"),
    (1, ""),
    (1, "B"),
];

/// Reads `65536`, `64KiB`, `64MiB` or `1GiB`.
pub(super) fn size(text: &str) -> Option<usize> {
    let (digits, unit) = split(text);
    let (factor, _) = UNITS.into_iter().find(|(_, name)| *name == unit)?;
    digits.parse::<usize>().ok()?.checked_mul(factor)
}

/// Reads `30`, `30s`, `500ms` or `2m`.
pub(super) fn time(text: &str) -> Option<Duration> {
    let (digits, unit) = split(text);
    let number: u64 = digits.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "" | "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        _ => None,
    }
}

/// Writes a size with the largest unit that divides it.
pub(super) fn size_text(size: usize) -> String {
    let divides = |(factor, _): &(usize, &str)| size > 0 && size.is_multiple_of(*factor);
    let (factor, unit) = UNITS.into_iter().find(divides).unwrap_or((1, ""));
    format!("{}{unit}", size / factor)
}

/// Writes a time in seconds, or in milliseconds where it is no whole number of them.
pub(super) fn time_text(time: Duration) -> String {
    match time.subsec_millis() {
        0 => format!("{}s", time.as_secs()),
        _ => format!("{}ms", time.as_millis()),
    }
}

fn split(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_quantity_is_read_as_the_same_quantity() {
        for (bytes, text) in [
            (0, "0"),
            (1000, "1000"),
            (64 << 10, "64KiB"),
            (3 << 20, "3MiB"),
            (1 << 30, "1GiB"),
        ] {
            assert_eq!((size_text(bytes).as_str(), size(text)), (text, Some(bytes)));
        }
        for (millis, text) in [(0, "0s"), (1500, "1500ms"), (90_000, "90s")] {
            let span = Duration::from_millis(millis);
            assert_eq!((time_text(span).as_str(), time(text)), (text, Some(span)));
        }
    }

    #[test]
    fn size_with_a_unit_is_binary() {
        assert_eq!(size("65536"), Some(65536));
        assert_eq!(size("64KiB"), Some(64 << 10));
        assert_eq!(size("1GiB"), Some(1 << 30));
        for bad in [
            "",
            "KiB",
            "1.5MiB",
            "-1",
            "64 KiB",
            "64kb",
            "99999999999999999999",
            "99999999999GiB",
        ] {
            assert_eq!(size(bad), None, "{bad}");
        }
    }

    #[test]
    fn time_without_a_unit_is_in_seconds() {
        assert_eq!(time("30"), Some(Duration::from_secs(30)));
        assert_eq!(time("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(time("2m"), Some(Duration::from_mins(2)));
        for bad in ["", "s", "1h", "1.5s", "-1s", "18446744073709551615m"] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }
}
