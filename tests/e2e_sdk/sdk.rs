//! The SDKs as programs: installed where they are not there yet, and told which calls to make.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fake_provider::json::{Json, quote};
use fake_provider::process;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sdk {
    OpenaiPython,
    OpenaiNode,
    AnthropicPython,
    AnthropicNode,
    Google,
    Ollama,
}

/// One call: where to, what, and the model that is asked for.
pub(crate) type Call<'a> = (String, &'a str, &'a str);

impl Sdk {
    pub(crate) const ALL: [Self; 6] = [
        Self::OpenaiPython,
        Self::OpenaiNode,
        Self::AnthropicPython,
        Self::AnthropicNode,
        Self::Google,
        Self::Ollama,
    ];

    /// Makes these calls one after another, and tells what came of each.
    pub(crate) fn call(self, calls: &[Call<'_>]) -> Vec<Json> {
        let calls: Vec<_> = calls
            .iter()
            .map(|(url, kind, model)| format!("[{},{},{}]", quote(url), quote(kind), quote(model)))
            .collect();
        let mut command = self.command();
        let finished = process::run(command.arg(format!("[{}]", calls.join(","))), END).unwrap();
        let lines = finished.stdout.split(|byte| *byte == b'\n');
        let output: Vec<_> = lines.filter_map(Json::parse).collect();
        assert_eq!(
            output.len(),
            calls.len(),
            "{self:?}: {} {}",
            finished.out(),
            finished.err()
        );
        output
    }

    /// The SDK as a command that lacks the calls.
    fn command(self) -> Command {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let (script, calls) = match self {
            Self::OpenaiPython => ("sdk-python", "openai_calls.py"),
            Self::OpenaiNode => ("sdk-node", "openai_calls.mjs"),
            Self::AnthropicPython => ("sdk-python", "anthropic_calls.py"),
            Self::AnthropicNode => ("sdk-node", "anthropic_calls.mjs"),
            Self::Google => ("sdk-python", "google_calls.py"),
            Self::Ollama => ("sdk-python", "ollama_calls.py"),
        };
        let tool = fake_provider::tool(script, &[]);
        let calls = here.join("e2e_sdk").join(calls);
        let program = if script == "sdk-node" {
            Path::new("node")
        } else {
            &tool
        };
        let mut command = Command::new(program);
        command.arg(calls);
        if script == "sdk-node" {
            command.arg(&tool);
        }
        for name in ELSEWHERE {
            command.env_remove(name);
        }
        command
    }
}

/// What would send an SDK somewhere else.
const ELSEWHERE: [&str; 9] = [
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "OPENAI_BASE_URL",
    "ANTHROPIC_BASE_URL",
    "GOOGLE_GEMINI_BASE_URL",
    "GOOGLE_GENAI_USE_VERTEXAI",
    "OLLAMA_HOST",
];
/// How long all calls of a test may take; they take two seconds.
const END: Duration = Duration::from_mins(3);
