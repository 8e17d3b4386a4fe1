//! A setting's text to its value, or what was expected instead.

use std::net::SocketAddr;
use std::time::Duration;

use tracing_subscriber::filter::Targets;

use crate::settings::units;
use crate::telemetry::Tags;

/// HTTP/1 needs this much to read a head at all.
const SMALLEST_HEAD: usize = 8 << 10;

pub(crate) fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "an address and port like 127.0.0.1:8383 expected")
}

pub(crate) fn head(text: &str) -> Result<usize, &'static str> {
    let fits = |size: &usize| (SMALLEST_HEAD..=16 << 20).contains(size);
    units::size(text)
        .filter(fits)
        .ok_or("a size from 8KiB to 16MiB expected")
}

pub(crate) fn size(text: &str) -> Result<usize, &'static str> {
    units::size(text)
        .filter(|size| *size > 0)
        .ok_or("a size like 64MiB expected")
}

pub(crate) fn time(text: &str) -> Result<Duration, &'static str> {
    units::time(text).ok_or("a time like 30s expected")
}

pub(crate) fn patience(text: &str) -> Result<Duration, &'static str> {
    units::time(text)
        .filter(|time| !time.is_zero())
        .ok_or("a time like 30s expected")
}

pub(crate) fn port(text: &str) -> Result<u16, &'static str> {
    text.parse()
        .ok()
        .filter(|port| *port > 0)
        .ok_or("a port from 1 to 65535 expected")
}

pub(crate) fn prefix(text: &str) -> Result<String, &'static str> {
    // Anything else could forge a tag or a line at the daemon.
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let fits = text.len() <= 100 && text.bytes().all(plain);
    if fits {
        Ok(text.to_owned())
    } else {
        Err("letters, digits, `_`, `-` and `.` expected")
    }
}

pub(crate) fn tags(text: &str) -> Result<Tags, &'static str> {
    match text {
        "datadog" => Ok(Tags::Datadog),
        "name" => Ok(Tags::Name),
        _ => Err("`datadog` or `name` expected"),
    }
}

pub(crate) fn filter(text: &str) -> Result<Targets, &'static str> {
    let expected = "a level (error, warn, info, debug, trace) or TARGET=LEVEL expected";
    let known = text.split(',').all(|part| is_directive(part.trim()));
    if known {
        text.parse().map_err(|_| expected)
    } else {
        Err(expected)
    }
}

/// A lone word that is no level would be taken for a target, and a misspelt level go unnoticed.
fn is_directive(part: &str) -> bool {
    let level = part.rsplit('=').next().unwrap_or(part);
    level.parse::<tracing::level_filters::LevelFilter>().is_ok()
}
