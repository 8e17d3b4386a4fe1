//! HTTP/1.1 as it stands on the wire, before any library has repaired it.
//!
//! hyper accepts heads that can be read in two ways (both `Content-Length` and `Transfer-Encoding`,
//! bare line feeds, a missing or doubled `Host`) and hides them from its service. Here every head is
//! looked at first: what passes has one reading (RFC 9112 sections 2 to 7), the rest is refused.
//!
//! Invariant: hyper only ever sees heads that passed, and one fixed head in the place of each that
//! did not.

mod chunk;
pub(crate) mod head;
pub(crate) mod stream;
