//! A provider on raw sockets that records every byte, and the other servers and clients that tests need.
//!
//! It shares no code with what it tests: no HTTP library, no JSON library, no WebSocket library.
//! What it records as received is what was received.
//!
//! ```
//! use std::time::Duration;
//!
//! let provider = fake_provider::FakeProvider::start()?;
//! assert_eq!(provider.bytes_received(), 0);
//! assert!(provider.wait_for(1, Duration::ZERO).is_none());
//! # Ok::<(), std::io::Error>(())
//! ```

mod byte_recorder;
mod connection;
pub mod digest;
pub mod fixture;
pub mod http_client;
mod installed;
pub mod json;
mod login;
mod others;
pub mod process;
mod provider;
mod record;
mod reply;
pub mod rpc;
mod server;
mod side_by_side;
mod statsd_server;
pub mod websocket;
mod wire;

pub use byte_recorder::ByteRecorder;
pub use installed::{codex, free_port, tool, unpacked};
pub use provider::{Declare, call, message};
pub use record::{Connection, Record, Request};
pub use reply::{Reply, Step, chunk};
pub use server::FakeProvider;
pub use side_by_side::side_by_side;
pub use statsd_server::StatsdServer;
