//! A rejection: its reason, its place, and the text that a person reads.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::{Capability, label_enum};

/// A rejection: its reason, its place, and the requested value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The reason.
    pub reason: Reason,
    /// The place, as a person would name it; empty where the whole input is meant.
    pub place: String,
    /// The requested value, escaped and cut; empty where it is not known.
    pub requested: String,
    /// The capability that the place is for, where it is for one.
    pub capability: Option<Capability>,
    /// The pin, present only where the policy discloses it.
    pub pin: Option<String>,
    /// The dialects that have the operation and are not switched on, where no other one has it.
    pub dialects: Vec<&'static str>,
}

label_enum! {
    /// Describes why an input is refused. Also the closed list of values of the metric tag `reason`.
    pub enum Reason {
        /// A governed name is spelled in another way, or some decoder would read the input otherwise.
        Ambiguous = "ambiguous",
        /// A content coding that is not known.
        Coding = "coding",
        /// Content that is not what its coding says.
        Corrupt = "corrupt",
        /// A header, method, target or framing that can be read in two ways.
        Malformed = "malformed",
        /// No model is named where one has to be.
        ModelAbsent = "model_absent",
        /// Another model than the pin.
        ModelLocked = "model_locked",
        /// The value in the model's place is not text.
        ModelNotText = "model_not_text",
        /// The capability has no pin.
        NoPin = "no_pin",
        /// The content is not one complete I-JSON object.
        NotJson = "not_json",
        /// A further place selects a model.
        Secondary = "secondary",
        /// Effort or service tier differ from what is pinned.
        SettingLocked = "setting_locked",
        /// More than the limit.
        TooLarge = "too_large",
        /// A media type that the operation does not take.
        Type = "type",
        /// No client that is known, where only those are served.
        UnknownClient = "unknown_client",
        /// A `Host` that is neither loopback's nor allowed.
        UnknownHost = "unknown_host",
        /// A method and path that no table lists.
        UnknownOperation = "unknown_operation",
        /// An `Origin` that is not allowed: a page of another site calls.
        UnknownOrigin = "unknown_origin",
        /// The type of a tool that no table lists.
        UnknownToolType = "unknown_tool_type",
    }
}

impl Reason {
    /// Returns true if the input could not be understood, or its sender may not use the listener, which is counted
    /// as `undecidable` (rules 1 and 17), as opposed to judged and refused.
    pub const fn is_undecidable(self) -> bool {
        match self {
            Self::Ambiguous
            | Self::Coding
            | Self::Corrupt
            | Self::Malformed
            | Self::ModelNotText
            | Self::NotJson
            | Self::TooLarge
            | Self::Type
            | Self::UnknownClient
            | Self::UnknownHost
            | Self::UnknownOperation
            | Self::UnknownOrigin => true,
            Self::ModelAbsent
            | Self::ModelLocked
            | Self::NoPin
            | Self::Secondary
            | Self::SettingLocked
            | Self::UnknownToolType => false,
        }
    }
}

impl Rejection {
    /// A refusal of the whole input, with nothing to quote from it.
    pub fn whole(reason: Reason, place: impl Into<String>) -> Self {
        Self {
            reason,
            place: place.into(),
            requested: String::new(),
            capability: None,
            pin: None,
            dialects: Vec::new(),
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Reason::Ambiguous => f.write_str("the request can be read in more than one way")?,
            Reason::Coding => f.write_str(
                "the content coding is not gzip, deflate, br or zstd: send the content in one of these, or without",
            )?,
            Reason::Corrupt => f.write_str("the content is not what its coding says")?,
            Reason::Malformed => f.write_str("the request is malformed")?,
            Reason::ModelAbsent => f.write_str("no model is named, and the policy asks for one")?,
            Reason::ModelLocked => write!(f, "model `{}` is not permitted here", self.requested)?,
            Reason::ModelNotText => f.write_str("the model is not a text")?,
            Reason::NoPin => {
                let capability = self.capability.unwrap_or(Capability::Generation);
                write!(
                    f,
                    "model `{}` is not permitted: no {capability} model is approved here; an operator can approve one with `pins.{capability}` in the policy file, or with {}",
                    self.requested,
                    capability.variable()
                )?;
            }
            Reason::NotJson => f.write_str("the content is not one complete JSON object")?,
            Reason::Secondary => write!(f, "`{}` may not select a model", self.requested)?,
            Reason::SettingLocked if self.requested.is_empty() => {
                f.write_str("the request has to state the value that the policy pins here")?;
            }
            Reason::SettingLocked => write!(f, "`{}` is not permitted here", self.requested)?,
            Reason::TooLarge => f.write_str(
                "the content is too large to be judged; an operator can raise the limits of docs/reference/limits.md",
            )?,
            Reason::Type => f.write_str("the media type is not one that this operation takes")?,
            Reason::UnknownClient => f.write_str(
                "this proxy serves known clients only: state the token that its operator gave you as the API key, or in x-model-lock-token",
            )?,
            Reason::UnknownHost => {
                f.write_str("the host of this request is none of this proxy's; an operator can allow it with --allow-host")?;
            }
            Reason::UnknownOperation if !self.dialects.is_empty() => write!(
                f,
                "this method and path are not permitted: dialect `{}` has them and is not switched on; an operator can switch it on with --dialect",
                self.dialects.join("`, or `")
            )?,
            Reason::UnknownOperation => f.write_str(
                "this method and path are not permitted; an operator can permit them with `allow`",
            )?,
            Reason::UnknownOrigin => {
                f.write_str("pages of this origin may not call here; an operator can allow them with --allow-origin")?;
            }
            Reason::UnknownToolType => write!(
                f,
                "no table lists `{}` here; an operator can add it to `allow_tool_types`",
                self.requested
            )?,
        }
        if !self.place.is_empty() {
            write!(f, " ({})", self.place)?;
        }
        if let Some(pin) = &self.pin {
            write!(f, "; the approved model is `{pin}`")?;
        }
        f.write_str("; locked by policy")
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn setting_that_is_locked_is_quoted_where_one_is_stated() {
        for (requested, wanted) in [
            (
                "",
                "the request has to state the value that the policy pins here (/x); locked by policy",
            ),
            (
                "high",
                "`high` is not permitted here (/x); locked by policy",
            ),
        ] {
            let rejection = Rejection {
                requested: requested.to_string(),
                ..Rejection::whole(Reason::SettingLocked, "/x")
            };
            assert_eq!(rejection.to_string(), wanted);
        }
    }

    #[test]
    fn refusal_without_a_place_names_none() {
        let text = Rejection::whole(Reason::Type, "").to_string();
        assert!(!text.contains('('), "{text}");
    }
}
