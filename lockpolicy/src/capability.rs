//! What a model is used for: each use has a pin of its own (rule 8).

use core::fmt;

/// What an operation asks a model to do.
///
/// A pin governs one capability. A request for a capability without a pin is refused with an
/// error that names the setting; it is never rewritten to the model of another capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Speech in, text out, or text in, speech out.
    Audio,
    /// Text to vectors.
    Embedding,
    /// Responses, chat, completions, messages and realtime text: what `OPENCLAW_MODEL` pins.
    Generation,
    /// Pictures.
    Image,
    /// Content classification.
    Moderation,
    /// Moving pictures.
    Video,
}

impl Capability {
    /// Every capability, in the order of their names.
    pub const ALL: [Self; 6] = [
        Self::Audio,
        Self::Embedding,
        Self::Generation,
        Self::Image,
        Self::Moderation,
        Self::Video,
    ];

    /// The word used in logs, metric tags and the policy file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Embedding => "embedding",
            Self::Generation => "generation",
            Self::Image => "image",
            Self::Moderation => "moderation",
            Self::Video => "video",
        }
    }

    /// The environment variable that pins this capability.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Audio => "OPENCLAW_AUDIO_MODEL",
            Self::Embedding => "OPENCLAW_EMBEDDING_MODEL",
            Self::Generation => "OPENCLAW_MODEL",
            Self::Image => "OPENCLAW_IMAGE_MODEL",
            Self::Moderation => "OPENCLAW_MODERATION_MODEL",
            Self::Video => "OPENCLAW_VIDEO_MODEL",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
