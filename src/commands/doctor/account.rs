//! Checks codex's credentials: their presence, their shape, who can read them. Their content is never printed.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::de::IgnoredAny;
use shim::Process;
use shim::regular_file::{self, CONFIGURATION_CAP};

use super::finding::Finding;
use super::installed_codexes::home;
use super::trial::{CREDENTIALS, output};

/// Finds what can be said of credentials; returns how codex says it is logged in.
pub(crate) fn look(
    process: &Process,
    codex: Option<&Path>,
    findings: &mut Vec<Finding>,
) -> &'static str {
    for name in CREDENTIALS {
        let value = process.variable(name).unwrap_or_default();
        if is_real(&value.to_string_lossy()) {
            findings.push(Finding::key_visible(name));
        }
    }
    let home = home(process);
    file(&home.join("auth.json"), findings);
    socket(&home.join("app-server-control"), findings);
    codex.map_or("nobody can say: there is no codex", |codex| {
        status(process, codex)
    })
}

/// The members of `auth.json` that are checked.
#[derive(serde::Deserialize)]
struct Auth {
    #[serde(default, rename = "OPENAI_API_KEY")]
    key: Option<String>,
    #[serde(default)]
    tokens: Option<IgnoredAny>,
}

fn file(path: &Path, findings: &mut Vec<Finding>) {
    let Ok(found) = fs::metadata(path) else {
        return;
    };
    if found.mode() & 0o077 != 0 {
        findings.push(auth_open(path, found.mode() & 0o7777));
    }
    let Ok(content) = regular_file::read(path, CONFIGURATION_CAP) else {
        return;
    };
    let auth = serde_json::from_slice::<Auth>(&content);
    findings.extend(match auth.map(|auth| (auth.tokens, auth.key)) {
        Ok((Some(_), _)) => Some(Finding::key_visible(path.display())),
        Ok((None, Some(key))) => is_real(&key).then(|| Finding::key_visible(path.display())),
        Ok((None, None)) | Err(_) => Some(Finding::auth_unrecognized(path.display())),
    });
}

fn auth_open(path: &Path, mode: u32) -> Finding {
    Finding::auth_open(path.display(), format!("{mode:04o}"))
}

/// Returns true if a text has the shape of a provider's key. A placeholder is short.
fn is_real(key: &str) -> bool {
    key.starts_with("sk-") && key.len() >= 40
}

/// The server that a codex of 0.169 leaves behind.
fn socket(directory: &Path, findings: &mut Vec<Finding>) {
    let entries = directory.read_dir().into_iter().flatten().flatten();
    let mut sockets = entries.map(|entry| entry.path());
    let socket = sockets.find(|path| UnixStream::connect(path).is_ok());
    findings.extend(socket.map(|path| Finding::daemon(path.display())));
}

/// Returns what `codex login status` prints, without what it shows of a key.
fn status(process: &Process, codex: &Path) -> &'static str {
    let mut command = Command::new(codex);
    command
        .args(["login", "status"])
        .env_clear()
        .envs(&process.env);
    let Some((_, text)) = output(&mut command, Duration::from_secs(15)) else {
        return "unknown: codex login status did not end";
    };
    let text = String::from_utf8_lossy(&text).to_lowercase();
    let known = [
        ("not logged in", "not logged in"),
        ("api key", "an API key"),
        ("chatgpt", "ChatGPT"),
        ("access token", "an access token"),
    ];
    let found = known.into_iter().find(|(part, _)| text.contains(part));
    found.map_or("unknown", |(_, meaning)| meaning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn auth_file_is_described_without_its_content() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("auth.json");
        let secret = format!("sk-{}", "s3cret".repeat(8));
        let key = format!("{{\"auth_mode\":\"apikey\",\"OPENAI_API_KEY\":\"{secret}\"}}");
        let visible = Finding::key_visible(path.display());
        for (content, mode, expected) in [
            (key.as_str(), 0o600, vec![visible.clone()]),
            (&key, 0o640, vec![auth_open(&path, 0o640), visible.clone()]),
            ("{\"OPENAI_API_KEY\":\"sk-placeholder\"}", 0o600, vec![]),
            (
                "{\"OPENAI_API_KEY\":null,\"tokens\":{\"id_token\":\"x\"}}",
                0o600,
                vec![visible],
            ),
            (
                "{}",
                0o600,
                vec![Finding::auth_unrecognized(path.display())],
            ),
            (
                "not json",
                0o600,
                vec![Finding::auth_unrecognized(path.display())],
            ),
        ] {
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let mut findings = Vec::new();
            file(&path, &mut findings);
            assert!(!format!("{findings:?}").contains("s3cret"));
            assert_eq!(findings, expected, "{content}");
        }
        let mut findings = Vec::new();
        file(Path::new("/nowhere/auth.json"), &mut findings);
        assert_eq!(findings, []);
    }
}
