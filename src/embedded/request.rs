//! What is said between who opens a companion and the companion: one JSON text each way.

use std::io::{self, Read, Write};

use lockpolicy::agents::codex::config::ProviderRoute;
use serde::{Deserialize, Serialize};

/// What a companion is told on its standard input.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StartRequest {
    /// The program that it ends with.
    pub(super) parent: i32,
    /// The path segment that nobody can guess, below which the routes are.
    pub(super) secret: String,
    /// The dialects that are switched on.
    pub(super) dialects: Vec<String>,
    /// The providers.
    pub(super) routes: Vec<ProviderRoute>,
    /// Whether the log goes to standard error; codex may be drawing there.
    pub(super) log_to_stderr: bool,
    /// A directory that is removed when the proxy ends.
    pub(super) cleanup_dir: Option<std::path::PathBuf>,
}

/// What it answers on its standard output.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum StartReply {
    /// It listens at this address.
    Ready(std::net::SocketAddr),
    /// It does not, and why.
    Failed(String),
}

/// Writes a text and what ends it.
pub(super) fn write(value: &impl Serialize, mut to: impl Write) -> io::Result<()> {
    let text = serde_json::to_string(value).map_err(io::Error::other)?;
    writeln!(to, "{text}")?;
    to.flush()
}

/// Reads one text.
pub(super) fn read<T: for<'de> Deserialize<'de>>(mut from: impl Read) -> io::Result<T> {
    let mut text = Vec::new();
    let mut byte = [0];
    // To the end of the line and no further: the stream may stay open.
    while from.read(&mut byte)? == 1 && byte != *b"\n" {
        text.extend(byte);
    }
    serde_json::from_slice(&text).map_err(io::Error::other)
}
