//! The calls: of which SDK, under which pin, and what a good answer says.

use crate::PIN;
use crate::sdk::Sdk;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capability {
    Generation,
    Audio,
    Embedding,
    Image,
    Moderation,
}

impl Capability {
    /// Those that have a pin of their own.
    pub(crate) const ALL: [Self; 4] = [Self::Audio, Self::Embedding, Self::Image, Self::Moderation];

    pub(crate) fn pin(self) -> &'static str {
        match self {
            Self::Generation => PIN,
            Self::Audio => "gpt-audio-2",
            Self::Embedding => "text-embedding-3-large",
            Self::Image => "gpt-image-2",
            Self::Moderation => "omni-moderation-latest",
        }
    }

    fn word(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Its line in the policy file.
    pub(crate) fn line(self) -> String {
        format!("{} = \"{}\"\n", self.word(), self.pin())
    }

    /// The setting that names its pin.
    pub(crate) fn setting(self) -> String {
        format!("OPENCLAW_{}_MODEL", self.word().to_uppercase())
    }
}

/// What a good answer says, as the scripts read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A sentence with the model that ran.
    Message,
    /// The model that ran.
    Named,
    /// This, whatever ran.
    Is(&'static str),
}

/// A call that names a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) kind: &'static str,
    pub(crate) capability: Capability,
    answer: Answer,
}

impl Call {
    pub(crate) fn answer(&self) -> String {
        let pin = self.capability.pin();
        match self.answer {
            Message => format!("The provider ran {pin}."),
            Named => pin.to_owned(),
            Is(text) => text.to_owned(),
        }
    }
}

impl Sdk {
    /// Its calls that name a model.
    pub(crate) fn calls(self) -> Vec<Call> {
        let rows: &[(&str, Capability, Answer)] = match self {
            Self::OpenaiPython | Self::OpenaiNode => &OPENAI,
            Self::AnthropicPython | Self::AnthropicNode => &ANTHROPIC,
            Self::Google => &GOOGLE,
            Self::Ollama => &OLLAMA,
        };
        let call = |&(kind, capability, answer): &(_, _, _)| Call {
            kind,
            capability,
            answer,
        };
        rows.iter().map(call).collect()
    }

    /// Its calls that are refused whatever they name: what they run is stored at the provider, or
    /// replaced there.
    pub(crate) fn unlisted(self) -> &'static [&'static str] {
        match self {
            Self::OpenaiPython | Self::OpenaiNode => &["files", "batches"],
            Self::AnthropicPython | Self::AnthropicNode => &["files", "agents"],
            Self::Google => &["files"],
            Self::Ollama => &["pull"],
        }
    }
}

use Answer::{Is, Message, Named};
use Capability::{Audio, Embedding, Generation, Image, Moderation};

const OPENAI: [(&str, Capability, Answer); 11] = [
    ("responses", Generation, Message),
    ("responses-stream", Generation, Message),
    ("chat", Generation, Message),
    ("chat-stream", Generation, Message),
    ("completions", Generation, Message),
    ("embeddings", Embedding, Named),
    ("moderations", Moderation, Named),
    ("transcriptions", Audio, Message),
    ("speech", Audio, Message),
    ("images", Image, Message),
    ("images-edit", Image, Message),
];

const ANTHROPIC: [(&str, Capability, Answer); 4] = [
    ("messages", Generation, Message),
    ("messages-stream", Generation, Message),
    ("count-tokens", Generation, Is("7")),
    ("message-batches", Generation, Is("msgbatch_fake")),
];

const GOOGLE: [(&str, Capability, Answer); 4] = [
    ("generate", Generation, Message),
    ("generate-stream", Generation, Message),
    ("count-tokens", Generation, Is("7")),
    ("embeddings", Embedding, Is("0.5")),
];

const OLLAMA: [(&str, Capability, Answer); 4] = [
    ("chat", Generation, Message),
    ("chat-stream", Generation, Message),
    ("generate", Generation, Message),
    ("embeddings", Embedding, Named),
];
