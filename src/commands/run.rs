//! `model-lock run -- CMD …`: any program under the lock.
//!
//! The program finds the shim first on its `PATH`, and the variables that clients of model APIs read
//! lead to a proxy that ends with it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use lockpolicy::agents::{ProviderBase, ProviderRoute};
use lockpolicy::{Policy, Problems};

use crate::embedded::EmbeddedProxy;
use crate::policy_source::{self, ShimSource};
use crate::settings::environment::Environment;
use crate::{embedded, exit, output};

/// A client of a model API: where it reads its provider's base URL, and what it finds there.
struct Client {
    variable: &'static str,
    dialect: &'static str,
    /// The path below which the tables list what it calls.
    canonical_prefix: &'static str,
    usual: &'static str,
}

/// The clients whose base URLs are redirected.
const CLIENTS: [Client; 5] = [
    Client {
        variable: "OPENAI_BASE_URL",
        dialect: "openai",
        canonical_prefix: "/v1",
        usual: "https://api.openai.com/v1",
    },
    Client {
        variable: "OPENAI_API_BASE",
        dialect: "openai",
        canonical_prefix: "/v1",
        usual: "https://api.openai.com/v1",
    },
    Client {
        variable: "ANTHROPIC_BASE_URL",
        dialect: "anthropic",
        canonical_prefix: "",
        usual: "https://api.anthropic.com",
    },
    Client {
        variable: "GOOGLE_GEMINI_BASE_URL",
        dialect: "gemini",
        canonical_prefix: "",
        usual: "https://generativelanguage.googleapis.com",
    },
    Client {
        variable: "OLLAMA_HOST",
        dialect: "ollama",
        canonical_prefix: "",
        usual: "http://127.0.0.1:11434",
    },
];

/// The reason why a program was not started.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error("no proxy for it")]
    Proxy(#[source] io::Error),
    #[error("no directory for the shim")]
    Directory(#[source] io::Error),
    #[error("{0}")]
    Program(String, #[source] io::Error),
}

/// Becomes the program, under the lock. Returns only where that failed.
pub(crate) fn run(command: &[OsString], environment: &Environment) -> ExitCode {
    let ShimSource {
        settings,
        reading,
        loaded,
    } = policy_source::for_shim(environment);
    let policy = match loaded {
        Ok(loaded) => loaded.policy,
        Err(Problems(problems)) => return output::problems(&problems),
    };
    let proxy = EmbeddedProxy { settings, reading };
    let error = match start(command, environment, &policy, &proxy) {
        Ok(never) => match never {},
        Err(error) => error,
    };
    output::failure(&error);
    match error {
        RunError::Proxy(_) => exit::NO_PROXY.into(),
        RunError::Directory(_) => exit::FAILED.into(),
        RunError::Program(_, error) if error.kind() == io::ErrorKind::NotFound => {
            exit::NOT_FOUND.into()
        }
        RunError::Program(..) => exit::NOT_RUNNABLE.into(),
    }
}

fn start(
    command: &[OsString],
    environment: &Environment,
    policy: &Policy,
    proxy: &EmbeddedProxy,
) -> Result<std::convert::Infallible, RunError> {
    let directory = directory().map_err(RunError::Directory)?;
    // It is opened in any case: it makes the directory, and takes it away at the end.
    let mut dialects = CLIENTS.map(|client| client.dialect).to_vec();
    dialects.dedup();
    let made = Some(directory.clone());
    let own = proxy.open(&dialects, provider_routes(environment), true, made);
    let own = own.map_err(RunError::Proxy)?;
    if let Some(warning) = policy.proxy().and_then(shim::unanswered) {
        output::line(&warning);
    }
    let (name, arguments) = command.split_first().unzip();
    let name = name.map_or(OsStr::new(""), OsString::as_os_str);
    let mut program = Command::new(name);
    program
        .args(arguments.unwrap_or_default())
        .env("PATH", first(&directory, environment))
        .envs(proxy_variables(environment, policy, &own));
    let error = program.exec();
    Err(RunError::Program(
        name.to_string_lossy().into_owned(),
        error,
    ))
}

fn provider_routes(environment: &Environment) -> Vec<ProviderRoute> {
    let route = |client: &Client| client.route(environment);
    CLIENTS.iter().map(route).collect()
}

impl Client {
    fn route(&self, environment: &Environment) -> ProviderRoute {
        let own = environment.raw(self.variable).and_then(OsStr::to_str);
        let own = own.filter(|url| !url.is_empty());
        let url = match own {
            // Ollama's may be a host alone.
            Some(host) if !host.contains("://") => format!("http://{host}"),
            Some(url) => url.to_owned(),
            None => self.usual.to_owned(),
        };
        let key = ProviderBase {
            own_query: None,
            authorization: None,
            canonical_prefix: self.canonical_prefix.to_owned(),
            url,
            query: Vec::new(),
            headers: Vec::new(),
        };
        ProviderRoute {
            name: self.variable.to_lowercase(),
            key,
            account: None,
        }
    }

    /// Returns the base URL that it gets.
    fn url(&self, policy: &Policy, own: &str) -> String {
        match policy.proxy() {
            Some(proxy) => [proxy.trim_end_matches('/'), self.canonical_prefix].concat(),
            None => format!("{own}/{}", self.variable.to_lowercase()),
        }
    }
}

/// The variables that lead.
fn proxy_variables(
    environment: &Environment,
    policy: &Policy,
    own: &str,
) -> Vec<(&'static str, OsString)> {
    if policy.is_proxy_off() {
        return Vec::new();
    }
    let clients = CLIENTS.iter();
    let mut variables: Vec<(&'static str, OsString)> = clients
        .map(|client| (client.variable, client.url(policy, own).into()))
        .collect();
    let direct = shim::no_proxy_including(
        |name| environment.raw(name).map(OsStr::to_owned),
        policy.proxy().unwrap_or(own),
    );
    variables.extend(["NO_PROXY", "no_proxy"].map(|name| (name, direct.clone())));
    variables
}

/// `PATH` with the shim's directory first.
fn first(directory: &Path, environment: &Environment) -> OsString {
    let mut path = directory.as_os_str().to_owned();
    if let Some(own) = environment.raw("PATH") {
        path.push(":");
        path.push(own);
    }
    path
}

/// Returns the path of a directory of our own in which `codex` will be this program.
fn directory() -> io::Result<PathBuf> {
    let name = format!("model-lock-{}", embedded::secret()?);
    in_folder(&std::env::temp_dir(), &name)
}

/// Returns the path of a name in a folder, as `PATH` can have it: it holds in every working directory, and has no colon.
fn in_folder(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let path = std::path::absolute(folder)?.join(name);
    if path.as_os_str().as_encoded_bytes().contains(&b':') {
        return Err(io::Error::other(
            "TMPDIR: a directory without a colon expected, since PATH divides there",
        ));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockpolicy::PolicyConfig;

    fn policy(text: &str) -> Policy {
        PolicyConfig::from_toml(&format!("model = 'p'\n{text}"))
            .build()
            .unwrap()
    }

    #[test]
    fn directory_of_the_shim_holds_in_every_directory_and_has_no_colon() {
        let path = |folder: &str| in_folder(Path::new(folder), "model-lock-1");
        assert_eq!(path("/tmp").unwrap(), Path::new("/tmp/model-lock-1"));
        assert!(path("a/b").unwrap().is_absolute());
        for folder in ["/tmp/a:b", "a:b", ":"] {
            let error = path(folder).unwrap_err().to_string();
            assert!(error.starts_with("TMPDIR: "), "{error}");
        }
        assert!(path("").is_err());
    }

    #[test]
    fn client_with_a_provider_of_its_own_keeps_it() {
        let environment = [
            ("OLLAMA_HOST", "gpu:1"),
            ("OPENAI_BASE_URL", "https://gateway/v1"),
        ];
        let routes = provider_routes(&environment.into_iter().collect());
        let url = |name: &str| {
            let route = routes.iter().find(|route| route.name == name).unwrap();
            route.key.url.clone()
        };
        assert_eq!(url("ollama_host"), "http://gpu:1");
        assert_eq!(url("openai_base_url"), "https://gateway/v1");
        assert_eq!(url("anthropic_base_url"), "https://api.anthropic.com");
    }

    #[test]
    fn configured_proxy_is_used_instead_of_an_embedded_one() {
        let environment = Environment::default();
        let variables = |text: &str| -> Vec<(&str, OsString)> {
            proxy_variables(&environment, &policy(text), "http://127.0.0.1:1/t")
        };
        assert_eq!(variables("")[0].1, "http://127.0.0.1:1/t/openai_base_url");
        assert_eq!(variables("")[5], ("NO_PROXY", "127.0.0.1".into()));
        let sidecar = variables("proxy = 'http://sidecar:8383'");
        assert_eq!(sidecar[0].1, "http://sidecar:8383/v1");
        assert_eq!(sidecar[2].1, "http://sidecar:8383");
        assert_eq!(sidecar[5].1, "sidecar");
        assert_eq!(variables("proxy = 'off'"), []);
    }

    #[test]
    fn dialects_of_each_client_exist() {
        for client in CLIENTS {
            assert!(lockpolicy::dialect::names().any(|name| name == client.dialect));
        }
    }
}
