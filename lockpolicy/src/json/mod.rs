//! JSON that keeps its bytes: one pass that checks a whole text and remembers where the governed
//! members stand.
//!
//! The text is never turned into values, so what is not named is never touched. It is accepted only
//! when every decoder reads it alike: one I-JSON object (RFC 8259, RFC 7493), UTF-8 without a byte
//! order mark, no member name twice in an object at any depth, no lone surrogate, a bounded depth,
//! and nothing behind it.

mod error;
mod names;
mod scan;
mod selector;
mod text;

pub use error::{DEPTH_CAP, JsonError, LOCATION_CAP, NAME_CAP};
pub use scan::{Hit, Kind, scan};
pub use selector::{Node, Tree};
pub use text::{decode, encode};
