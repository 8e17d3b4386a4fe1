//! The reasons why codex was not started, with advice.

use std::io;
use std::path::PathBuf;

use lockpolicy::agents::codex::config::Unreadable;
use lockpolicy::{Problems, Rejection};

use crate::exit;

/// The reason why codex was not started.
#[derive(Debug, thiserror::Error)]
pub enum ShimError {
    /// The shim calls itself over and over.
    #[error("found itself instead of the real codex")]
    MetItself,
    /// There is no other codex.
    #[error("no codex found on PATH but this one")]
    NotFound,
    /// `MODEL_LOCK_REAL_CODEX` names nothing.
    #[error("MODEL_LOCK_REAL_CODEX: `{}` does not exist", escape_path(.0))]
    NotThere(PathBuf),
    /// The file that was found is no program.
    #[error("`{}` cannot be run", escape_path(.0))]
    NotRunnable(PathBuf, #[source] io::Error),
    /// codex's home directory is not known, so that nobody can say which configuration it reads.
    #[error(
        "codex's home directory is not known: CODEX_HOME and HOME are not set, and /etc/passwd has no entry of this user"
    )]
    NoHome,
    /// A configuration file of codex states an address that cannot be overridden.
    #[error("`{}`: {unreadable}", escape_path(.file), unreadable = .why)]
    Configuration {
        /// The file.
        file: PathBuf,
        /// The reason.
        why: Unreadable,
    },
    /// A file that codex may read cannot be read here within its bounds.
    #[error("`{}` cannot be read", escape_path(.0))]
    NotRead(PathBuf, #[source] io::Error),
    /// The embedded proxy does not start.
    #[error("no proxy for codex")]
    Proxy(#[source] io::Error),
    /// There is no policy to judge by.
    #[error("{0}")]
    Policy(Problems),
    /// The policy refuses the command line.
    #[error("{0}")]
    Refused(Rejection),
}

impl ShimError {
    /// Returns the exit status.
    pub fn exit(&self) -> u8 {
        match self {
            Self::MetItself => exit::MET_ITSELF,
            Self::NotFound | Self::NotThere(_) => exit::NOT_FOUND,
            Self::NotRunnable(..) => exit::NOT_RUNNABLE,
            Self::Policy(_) | Self::Configuration { .. } | Self::NoHome | Self::NotRead(..) => {
                exit::NO_POLICY
            }
            Self::Proxy(_) => exit::NO_PROXY,
            Self::Refused(_) => exit::REFUSED,
        }
    }

    /// Returns advice for the operator; empty where there is none.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::MetItself => "set MODEL_LOCK_REAL_CODEX to the path of the real codex",
            Self::NotFound => "install codex, or set MODEL_LOCK_REAL_CODEX to its path",
            Self::NotThere(_) | Self::NotRunnable(..) => {
                "set MODEL_LOCK_REAL_CODEX to the path of a codex that runs"
            }
            Self::Configuration { .. } => {
                "correct it, or set MODEL_LOCK_PROXY to the URL of a proxy that reaches the provider"
            }
            Self::NoHome => "set CODEX_HOME or HOME",
            Self::NotRead(..) => {
                "it may select a model or a provider: put a regular file there, or remove it"
            }
            Self::Policy(_) | Self::Proxy(_) => "codex was not started",
            Self::Refused(_) => "",
        }
    }

    /// Returns error, causes and hint in one line without control characters.
    pub fn line(&self) -> String {
        let mut line = self.to_string();
        if let Self::NotRunnable(_, source) | Self::NotRead(_, source) | Self::Proxy(source) = self
        {
            line.extend([": ", &source.to_string()]);
        }
        if !self.hint().is_empty() {
            line.extend(["; ", self.hint()]);
        }
        line.chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect()
    }
}

fn escape_path(path: &std::path::Path) -> String {
    lockpolicy::escape_for_log(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lockpolicy::{Problem, Reason};

    #[test]
    fn error_is_one_line_with_a_status() {
        let problem = |what: &str| Problem::new("OPENCLAW_MODEL", what);
        let rejection = Rejection {
            requested: "x".into(),
            capability: None,
            ..Rejection::whole(Reason::ModelLocked, "-m")
        };
        for (error, status, line) in [
            (
                ShimError::Refused(rejection),
                77,
                "model `x` is not permitted here (-m); locked by policy",
            ),
            (
                ShimError::Policy(Problems(vec![problem("not set"), problem("a\nb")])),
                78,
                "OPENCLAW_MODEL: not set; OPENCLAW_MODEL: a?b; codex was not started",
            ),
            (
                ShimError::NotRunnable(
                    "/a\nb".into(),
                    io::Error::from(io::ErrorKind::PermissionDenied),
                ),
                126,
                "`/a\\nb` cannot be run: permission denied; set MODEL_LOCK_REAL_CODEX to the path of a codex that runs",
            ),
            (
                ShimError::NotFound,
                127,
                "no codex found on PATH but this one; install codex, or set MODEL_LOCK_REAL_CODEX to its path",
            ),
        ] {
            assert_eq!((error.exit(), error.line()), (status, line.to_owned()));
            assert!(exit::ALL.iter().any(|(known, _)| *known == status));
        }
    }
}
