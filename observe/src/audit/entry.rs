//! The members of a line: a record, or what the file has to note about itself.

use serde::{Deserialize, Serialize};

use crate::clock;
use crate::record::Record;

/// Something that the file notes about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum FileEvent {
    /// The line before is the beginning of one, and has so many bytes.
    Torn { bytes: u64 },
    /// So many lines could not be written.
    Lost { lines: u64 },
    /// The file continues the one with this number.
    Continued { from: u64 },
    /// The file was truncated or replaced while this process had it open. The last line that the process had seen
    /// has this number and this hash.
    Cut { last: u64, hash: String },
}

#[derive(Serialize)]
struct FileRecord {
    ts: String,
    #[serde(flatten)]
    event: FileEvent,
    pid: u32,
}

/// Returns the members of a line about the file itself.
pub(super) fn file(event: FileEvent) -> String {
    members(&FileRecord {
        ts: clock::timestamp(),
        event,
        pid: std::process::id(),
    })
}

/// Returns the members of a record.
pub(super) fn record(record: &Record) -> String {
    members(record)
}

/// Returns a JSON object without its braces.
fn members(object: &impl Serialize) -> String {
    let text = serde_json::to_string(object).unwrap_or_default();
    let inner = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'));
    inner.unwrap_or_default().to_owned()
}
