//! The request that starts an embedded proxy, and its reply: one JSON text each way.

use std::io::{self, Read, Write};

use lockpolicy::agents::ProviderRoute;
use observe::audit::AuditFile;
use observe::metrics::StatsdTarget;
use serde::{Deserialize, Serialize};

use crate::policy_source::Reading;

/// The request that an embedded proxy reads from its standard input.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StartRequest {
    /// The program that it ends with.
    pub(super) parent: i32,
    /// The path segment that nobody can guess, below which the routes are.
    pub(super) secret: String,
    /// Set where clients speak TLS.
    pub(super) tls: bool,
    /// The dialects that are switched on.
    pub(super) dialects: Vec<String>,
    /// The providers.
    pub(super) routes: Vec<ProviderRoute>,
    /// True if the log goes to standard error; codex may be drawing there.
    pub(super) log_to_stderr: bool,
    /// The directory that is made before the reply, with the shim in it, and removed when the proxy ends.
    pub(super) shim_directory: Option<std::path::PathBuf>,
    /// The reading of the policy file. The proxy follows later changes of the file.
    pub(super) reading: Reading,
    /// The forward proxy, and the hosts that are reached without it.
    pub(super) egress: Option<(String, String)>,
    /// The daemon to which metrics are sent.
    pub(super) statsd: Option<StatsdTarget>,
    /// The audit file.
    pub(super) audit: Option<AuditFile>,
}

/// The reply that it writes to its standard output.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum StartReply {
    /// It listens at this address. The authority, as PEM, vouches for it.
    Ready(std::net::SocketAddr, Option<String>),
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
