//! A request as the surfaces of HTTP see it.

use crate::Source;
use crate::dialect::Found;

/// A request as far as it is judged.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The operation it is.
    pub found: &'a Found<'a>,
    /// Its path.
    pub path: &'a str,
    /// Its query, without the question mark.
    pub query: &'a str,
    /// Its headers, names in lower case.
    pub headers: &'a [(&'a str, &'a str)],
    /// Its content, after its coding is taken off.
    pub content: &'a [u8],
    /// Who asked.
    pub source: Source,
}
