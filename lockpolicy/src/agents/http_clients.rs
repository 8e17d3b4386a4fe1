//! The programs that were measured, one row each. They are recognized by their user agent.

use super::http_client::HttpClient;

/// Every program that was measured.
pub const HTTP_CLIENTS: [HttpClient; 5] = [
    HttpClient {
        name: "codex",
        version: "0.125.0 and 0.171.0",
        user_agents: &["codex_", "codex-", "codex/"],
        calls: &[(400, 1), (401, 6), (403, 6), (404, 6), (413, 6), (415, 6)],
    },
    HttpClient {
        name: "Claude Code",
        version: "2.1.332",
        user_agents: &["claude-cli/"],
        calls: &[(400, 6), (401, 1), (403, 1), (404, 2), (413, 1), (415, 1)],
    },
    HttpClient {
        name: "Gemini CLI",
        version: "0.61.0",
        user_agents: &["GeminiCLI"],
        calls: &[(400, 1), (401, 1), (403, 1), (404, 1), (413, 1), (415, 1)],
    },
    HttpClient {
        name: "Qwen Code",
        version: "0.24.4",
        user_agents: &["QwenCode/"],
        calls: &[(400, 1), (401, 1), (403, 1), (404, 1), (413, 1), (415, 1)],
    },
    // Two wishes: beside the prompt it asks for a title, with a model of its own.
    HttpClient {
        name: "opencode",
        version: "1.18.33",
        user_agents: &["opencode/"],
        calls: &[(400, 2), (401, 2), (403, 2), (404, 7), (413, 3), (415, 2)],
    },
];

/// Returns the program that a `user-agent` names, if it is known.
pub fn http_client(user_agent: &str) -> Option<&'static HttpClient> {
    HTTP_CLIENTS.iter().find(|client| {
        let mut starts = client.user_agents.iter();
        starts.any(|start| user_agent.starts_with(start))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(user_agent: &str, usual: u16) -> u16 {
        http_client(user_agent).map_or(usual, |client| client.status(usual))
    }

    #[test]
    fn rejection_has_the_status_at_which_its_client_calls_least() {
        for (agent, usual, taken) in [
            ("claude-cli/2.1.332 (external, sdk-cli)", 400, 403),
            ("claude-cli/9", 404, 403),
            ("claude-cli/9", 413, 413),
            ("claude-cli/9", 401, 401),
            ("codex_exec/0.171.0 (Debian 12.0.0; x86_64)", 400, 400),
            ("codex_cli_rs/0.125.0", 413, 400),
            ("codex-tui/1", 404, 400),
            ("codex_vscode/1", 401, 400),
            ("opencode/1.18.33 (linux)", 404, 400),
            ("opencode/1.18.33 (linux)", 401, 401),
            ("GeminiCLI-tui/0.61.0/gemini-3.1-pro-preview", 413, 413),
            ("QwenCode/0.24.4 (linux; x64)", 400, 400),
            ("curl/8", 404, 404),
            ("", 413, 413),
            ("my claude-cli/2", 400, 400),
            // A status that was not measured stays.
            ("codex_exec/0.171.0", 426, 426),
            ("codex_exec/0.171.0", 503, 503),
        ] {
            assert_eq!(status(agent, usual), taken, "{agent} {usual}");
        }
    }
}
