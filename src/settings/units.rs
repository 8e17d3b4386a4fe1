//! Sizes and times as a person writes them.

use std::time::Duration;

/// Reads `65536`, `64KiB`, `64MiB` or `1GiB`.
pub(crate) fn size(text: &str) -> Option<usize> {
    let (digits, unit) = split(text);
    let factor: usize = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    digits.parse::<usize>().ok()?.checked_mul(factor)
}

/// Reads `30`, `30s`, `500ms` or `2m`.
pub(crate) fn time(text: &str) -> Option<Duration> {
    let (digits, unit) = split(text);
    let number: u64 = digits.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "" | "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        _ => None,
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
    fn sizes_have_binary_units() {
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
    fn times_have_seconds_where_nothing_is_said() {
        assert_eq!(time("30"), Some(Duration::from_secs(30)));
        assert_eq!(time("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(time("2m"), Some(Duration::from_mins(2)));
        for bad in ["", "s", "1h", "1.5s", "-1s", "18446744073709551615m"] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }
}
