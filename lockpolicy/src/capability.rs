//! Describes what a model is used for: each use has a pin of its own (rule 8).

use crate::label_enum;

label_enum! {
    /// Describes what an operation asks a model to do.
    ///
    /// A pin governs one capability. A request for a capability without a pin is refused with an
    /// error that names the setting; it is never rewritten to the model of another capability.
    pub enum Capability {
        /// Speech in, text out, or text in, speech out.
        Audio = "audio",
        /// Text to vectors.
        Embedding = "embedding",
        /// Responses, chat, completions, messages and realtime text: what `OPENCLAW_MODEL` pins.
        Generation = "generation",
        /// Pictures.
        Image = "image",
        /// Content classification.
        Moderation = "moderation",
        /// Moving pictures.
        Video = "video",
    }
}

impl Capability {
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
