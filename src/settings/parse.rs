//! From what was given for a setting to its value, or what was expected instead.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lockpolicy::{Problem, escape_for_log};
use proxy::Upstream;
use tracing_subscriber::filter::Targets;

use super::secret_file::SecretFile;
use super::show::Show as _;
use super::units;
use observe::metrics::TagStyle;

/// HTTP/1 needs this much to read a header section at all.
const LEAST_HEADER_BYTES: usize = 8 << 10;

/// A value, or everything that is wrong with it.
pub(crate) type Parsed<T> = Result<T, Vec<Problem>>;

/// The texts that were given for a setting, and their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// The texts: several only for a flag that may be repeated.
    pub(crate) values: Vec<OsString>,
    /// The flag or the variable.
    pub(crate) place: &'static str,
}

impl Given {
    /// Returns true if a flag gave it.
    pub(crate) fn is_flag(&self) -> bool {
        self.place.starts_with('-')
    }

    /// Returns the texts as a path.
    pub(crate) fn path(&self) -> &Path {
        self.values.last().map_or(Path::new(""), Path::new)
    }

    /// Returns something that is wrong here.
    pub(crate) fn problem(&self, what: impl Into<String>) -> Problem {
        Problem::new(self.place, what)
    }

    /// Returns the text.
    pub(crate) fn text(&self) -> Parsed<&str> {
        let last = self.values.last().map_or(Some(""), |value| value.to_str());
        last.ok_or_else(|| vec![self.problem("not UTF-8")])
    }

    pub(super) fn parse<T>(
        &self,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Parsed<T> {
        let text = self.text()?;
        let problem =
            || vec![self.problem(format!("`{}`: {expected} expected", escape_for_log(text)))];
        parse(text).ok_or_else(problem)
    }
}

/// Returns the value that was parsed, or the default. What is wrong with it goes to `problems`.
pub(super) fn or_default<T>(
    parsed: Option<Parsed<T>>,
    problems: &mut Vec<Problem>,
    default: impl FnOnce() -> T,
) -> T {
    match parsed {
        Some(Ok(value)) => return value,
        Some(Err(found)) => problems.extend(found),
        None => {}
    }
    default()
}

pub(crate) fn address(given: &Given) -> Parsed<SocketAddr> {
    given.parse("an address and port like 127.0.0.1:8383", |text| {
        text.parse().ok()
    })
}

pub(super) fn header_bytes(given: &Given) -> Parsed<usize> {
    let fits = |size: &usize| (LEAST_HEADER_BYTES..=16 << 20).contains(size);
    given.parse("a size from 8KiB to 16MiB", |text| {
        units::size(text).filter(fits)
    })
}

pub(super) fn size(given: &Given) -> Parsed<usize> {
    given.parse("a size like 64MiB", |text| {
        units::size(text).filter(|size| *size > 0)
    })
}

pub(super) fn count(given: &Given) -> Parsed<u32> {
    given.parse("a whole number of at least 1", |text| {
        text.parse().ok().filter(|count| *count > 0)
    })
}

pub(super) fn time(given: &Given) -> Parsed<Duration> {
    given.parse("a time like 30s", units::time)
}

pub(super) fn timeout(given: &Given) -> Parsed<Duration> {
    given.parse("a time like 30s", |text| {
        units::time(text).filter(|time| !time.is_zero())
    })
}

pub(super) fn port(given: &Given) -> Parsed<u16> {
    given.parse("a port from 1 to 65535", |text| {
        text.parse().ok().filter(|port| *port > 0)
    })
}

/// Any other character could forge a tag or a line at the daemon.
pub(super) fn metric_prefix(given: &Given) -> Parsed<String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let fits = |text: &str| text.len() <= 100 && text.bytes().all(plain);
    given.parse("letters, digits, `_`, `-` and `.`", |text| {
        fits(text).then(|| text.to_owned())
    })
}

pub(super) fn tags(given: &Given) -> Parsed<TagStyle> {
    given.parse("`datadog` or `name`", |text| {
        [TagStyle::Datadog, TagStyle::Name]
            .into_iter()
            .find(|tags| tags.show() == text)
    })
}

pub(super) fn log_filter(given: &Given) -> Parsed<Targets> {
    given.parse(
        "a level (error, warn, info, debug, trace) or TARGET=LEVEL",
        |text| {
            let known = text.split(',').all(|part| is_directive(part.trim()));
            known.then(|| text.parse().ok()).flatten()
        },
    )
}

/// A lone word that is no level would be taken for a target, and a misspelt level go unnoticed.
fn is_directive(part: &str) -> bool {
    let level = part.rsplit('=').next().unwrap_or(part);
    level.parse::<tracing::level_filters::LevelFilter>().is_ok()
}

/// An empty text is no path: a compose file makes one of a variable that nobody set.
pub(super) fn path(given: &Given) -> Parsed<Option<PathBuf>> {
    let text = given.text()?;
    Ok((!text.is_empty()).then(|| text.into()))
}

/// The same with the place that names it.
pub(super) fn named_file(given: &Given) -> Parsed<Option<Given>> {
    Ok(path(given)?.map(|_| given.clone()))
}

/// Reads the path of a file without which the lock would be another one: an empty text is no way to leave it out.
pub(super) fn required_file(given: &Given) -> Parsed<Option<PathBuf>> {
    let path = path(given)?;
    let empty = || vec![given.problem("a file expected; leave it out where there is none")];
    path.map(Some).ok_or_else(empty)
}

pub(super) fn secret(given: &Given, shortest: usize) -> Parsed<Option<SecretFile>> {
    let file = SecretFile::read(Path::new(given.text()?), given.place, shortest);
    file.map(Some).map_err(|problem| vec![problem])
}

pub(super) fn dialects(given: &Given) -> Parsed<Vec<String>> {
    let known: Vec<&str> = lockpolicy::dialect::names().collect();
    let (names, unknown): (Vec<&str>, Vec<&str>) = given
        .text()?
        .split(',')
        .partition(|name| known.contains(name));
    if unknown.is_empty() {
        return Ok(names.into_iter().map(str::to_owned).collect());
    }
    let problem = |name: &str| {
        let known = known.join(", ");
        given.problem(format!(
            "unknown dialect `{}`: {known} expected",
            escape_for_log(name)
        ))
    };
    Err(unknown.into_iter().map(problem).collect())
}

pub(super) fn upstreams(given: &Given) -> Parsed<Vec<Upstream>> {
    let (mut upstreams, mut prefixes, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for text in texts(given)? {
        match Upstream::parse(text) {
            Ok(upstream) => upstreams.push(upstream),
            Err(error) => problems.push(given.problem(error.to_string())),
        }
    }
    for upstream in upstreams.iter().map(ToString::to_string) {
        let prefix = upstream.split('=').next().unwrap_or_default().to_owned();
        if prefixes.contains(&prefix) {
            problems
                .push(given.problem(format!("`{}` has two upstreams", escape_for_log(&prefix))));
        }
        prefixes.push(prefix);
    }
    if problems.is_empty() {
        Ok(upstreams)
    } else {
        Err(problems)
    }
}

/// A variable is one text for all of them; a flag is one text for each.
pub(super) fn texts(given: &Given) -> Parsed<Vec<&str>> {
    if !given.is_flag() {
        return Ok(given.text()?.split(',').collect());
    }
    let texts = given.values.iter().map(|value| value.to_str());
    texts
        .collect::<Option<_>>()
        .ok_or_else(|| vec![given.problem("not UTF-8")])
}
