//! The reasons why a text is not taken as JSON.

use crate::Reason;

/// The depth to which objects and arrays may nest.
pub const DEPTH_CAP: usize = 128;

/// The places of one text that can select something, unless the operator sets another number.
pub const LOCATION_CAP: usize = 65_536;

/// The member names that the objects that are open at a time may have.
pub const NAME_CAP: usize = 262_144;

/// Describes why a text is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Deeper than [`DEPTH_CAP`].
    #[error("nested too deeply")]
    Depth,
    /// An object has a member name twice.
    #[error("a member name stands twice in one object")]
    Duplicate,
    /// More than so many places that can select something: each costs more memory than the text that makes it.
    #[error("more than {0} places that can select something")]
    Locations(usize),
    /// More than [`NAME_CAP`].
    #[error("more than {NAME_CAP} member names in open objects")]
    ManyNames,
    /// A member's name, where governed names stand, is spelled so that some decoder may read one.
    #[error("a member name may be read as a governed one")]
    Name,
    /// The root is no object.
    #[error("not an object")]
    Root,
    /// A governed place holds an array where an object belongs, or the other way round.
    #[error("a governed place has an unexpected shape")]
    Shape,
    /// Not the grammar of RFC 8259, or something stands behind the text.
    #[error("not valid JSON")]
    Syntax,
    /// Not UTF-8, or with a byte order mark.
    #[error("not UTF-8")]
    Utf8,
}

impl JsonError {
    /// The reason a refusal gives for it.
    pub const fn reason(self) -> Reason {
        match self {
            Self::Duplicate | Self::Name | Self::Shape => Reason::Ambiguous,
            Self::Locations(_) | Self::ManyNames => Reason::TooLarge,
            Self::Depth | Self::Root | Self::Syntax | Self::Utf8 => Reason::NotJson,
        }
    }
}
