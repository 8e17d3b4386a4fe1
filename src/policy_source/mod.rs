//! The policy as it holds here: from a file, from the environment, or from one over the other.
//!
//! A variable that an agent can set must not widen the lock. So a file that the running user cannot change
//! stands alone, and the environment is not looked at; any other file lies below the environment.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lockpolicy::{
    Policy, PolicyConfig, Problem, Problems, line_of_key, policy_variables,
    renamed_policy_variables,
};

use serde::{Deserialize, Serialize};
use shim::regular_file::{self, CONFIGURATION_CAP};

use crate::settings::Settings;
use crate::settings::environment::Environment;
use crate::settings::flags::Flags;
use crate::settings::protection::protected;
use crate::settings::table::Setting;

pub(crate) mod file_protection;
pub(crate) mod reload;
pub(crate) mod user_namespace;

use file_protection::is_tamper_proof;

/// The policy file that is read when no other is named.
const DEFAULT: &str = "/etc/model-lock/policy.toml";

/// The policy file to read, if any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Location {
    /// This one; it has to be there.
    At(PathBuf),
    /// This one, where it exists.
    IfPresent(PathBuf),
}

impl Location {
    /// The flag wins. The variable is the agent's to set, so a protected default file wins over it.
    pub(crate) fn choose(flag: Option<&Path>, environment: &Environment) -> Self {
        Self::among(flag, environment, Path::new(DEFAULT), &|path| {
            is_tamper_proof(path).unwrap_or(false)
        })
    }

    fn among(
        flag: Option<&Path>,
        environment: &Environment,
        default: &Path,
        is_tamper_proof: &dyn Fn(&Path) -> bool,
    ) -> Self {
        if let Some(path) = flag {
            return Self::At(path.to_owned());
        }
        match environment.raw(Setting::policy().variable()) {
            Some(path) if !is_tamper_proof(default) => Self::At(PathBuf::from(path)),
            _ => Self::IfPresent(default.to_owned()),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::At(path) | Self::IfPresent(path) => path,
        }
    }
}

/// The source of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// The environment alone.
    Environment,
    /// A file that lies below the environment, because the running user can change it.
    Layered(PathBuf),
    /// A file alone.
    Protected(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("the environment"),
            Self::Layered(path) => {
                let path = path.display();
                write!(
                    f,
                    "{path} (which this user can change), and the environment, which wins"
                )
            }
            Self::Protected(path) => {
                let path = path.display();
                write!(
                    f,
                    "{path} alone (this user cannot change it; the environment is ignored)"
                )
            }
        }
    }
}

/// The content of the policy file, before it is compiled. Equal readings make equal policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reading {
    /// The file to read from now on: a file that was there once has to stay.
    pub(crate) location: Location,
    origin: Origin,
    content: Vec<u8>,
    /// The reason why the file could not be read; then no policy comes of it, and no process is started with it.
    #[serde(skip)]
    problem: Option<Problem>,
}

/// A policy and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    /// The policy.
    pub(crate) policy: Arc<Policy>,
    /// The source that it came from.
    pub(crate) origin: Origin,
}

/// Reads the file, if there is one, and finds out who can change it.
pub(crate) fn read(location: &Location) -> Reading {
    let path = location.path().to_owned();
    let read = regular_file::read(&path, CONFIGURATION_CAP);
    let read = read.and_then(|content| Ok((content, is_tamper_proof(&path)?)));
    let (origin, content) = match read {
        Ok((content, true)) => (Origin::Protected(path.clone()), content),
        Ok((content, false)) => (Origin::Layered(path.clone()), content),
        Err(error) if is_left_out(location, &error) => {
            return Reading {
                location: location.clone(),
                origin: Origin::Environment,
                content: Vec::new(),
                problem: None,
            };
        }
        Err(error) => return Reading::unreadable(location, error),
    };
    Reading {
        location: Location::At(path),
        origin,
        content,
        problem: None,
    }
}

fn is_left_out(location: &Location, error: &io::Error) -> bool {
    let absent = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
    matches!(location, Location::IfPresent(_)) && absent.contains(&error.kind())
}

impl Reading {
    /// Returns what is known of a file that could not be read.
    fn unreadable(location: &Location, why: impl fmt::Display) -> Self {
        let path = location.path().to_owned();
        let what = format!("{why}; --policy, MODEL_LOCK_POLICY or the default names this file");
        let problem = Problem::new(&path.display().to_string(), what);
        Self {
            location: Location::At(path.clone()),
            origin: Origin::Layered(path),
            content: Vec::new(),
            problem: Some(problem),
        }
    }

    /// Makes the policy.
    ///
    /// # Errors
    ///
    /// [`Problems`] holds everything that is wrong with the file and with the variables that count.
    pub(crate) fn compile(&self, environment: &Environment) -> Result<Loaded, Problems> {
        let config = match &self.origin {
            Origin::Environment => variables(environment),
            Origin::Layered(path) => variables(environment).merged_over(self.file(path)),
            Origin::Protected(path) => self.file(path),
        };
        Ok(Loaded {
            policy: Arc::new(config.build()?),
            origin: self.origin.clone(),
        })
    }

    /// Returns the settings of `serve`: from the flags and the `effective` part of the environment, and from the policy
    /// where neither says anything.
    pub(crate) fn settings(
        &self,
        flags: &Flags,
        (environment, effective): (&Environment, &Environment),
        problems: &mut Vec<Problem>,
    ) -> Settings {
        let mut settings = Settings::read(flags, effective, problems);
        // What is wrong with the policy is told when it is compiled for good.
        if let Ok(loaded) = self.compile(environment) {
            settings.fill_from(&loaded.policy);
        }
        settings
    }

    /// Returns true where the policy comes from a file that the user cannot change.
    pub(crate) fn is_protected(&self) -> bool {
        matches!(self.origin, Origin::Protected(_))
    }

    /// Returns the environment as far as it counts beside the file, and the names of the variables that do not.
    pub(crate) fn effective(&self, environment: &Environment) -> (Environment, Vec<&'static str>) {
        match self.origin {
            Origin::Protected(_) => protected(environment),
            Origin::Environment | Origin::Layered(_) => (environment.clone(), Vec::new()),
        }
    }

    /// Makes the policy, where nothing was wrong before either: whoever starts wants to know all of it.
    ///
    /// # Errors
    ///
    /// [`Problems`] holds `problems` and everything that [`Self::compile`] finds.
    pub(crate) fn compile_after(
        &self,
        problems: Vec<Problem>,
        environment: &Environment,
    ) -> Result<Loaded, Problems> {
        let mut problems: Vec<Problem> = problems
            .into_iter()
            .map(|problem| self.located(problem))
            .collect();
        match self.compile(environment) {
            Ok(loaded) if problems.is_empty() => Ok(loaded),
            Ok(_) => Err(Problems(problems)),
            Err(Problems(found)) => {
                problems.extend(found);
                Err(Problems(problems))
            }
        }
    }

    /// Returns a problem with a setting that the file states, with its file and line.
    fn located(&self, problem: Problem) -> Problem {
        let text = std::str::from_utf8(&self.content).unwrap_or_default();
        let line = line_of_key(text, &problem.place);
        if line.is_none() || problem.file.is_some() {
            return problem;
        }
        let file = Some(self.location.path().display().to_string());
        Problem {
            file,
            line,
            ..problem
        }
    }

    fn file(&self, path: &Path) -> PolicyConfig {
        let name = path.display().to_string();
        let problem = match (&self.problem, std::str::from_utf8(&self.content)) {
            (Some(problem), _) => problem.clone(),
            (None, Ok(text)) => return PolicyConfig::from_file(&name, text),
            (None, Err(_)) => Problem::new(&name, "not UTF-8"),
        };
        PolicyConfig::unreadable(problem)
    }
}

/// The start of a process other than `serve`: its settings, the reading of its policy file, and the policy.
#[derive(Debug)]
pub(crate) struct ShimSource {
    pub(crate) settings: Settings,
    pub(crate) reading: Reading,
    pub(crate) loaded: Result<Loaded, Problems>,
}

/// Reads settings and policy as the shim does. Everything that is wrong with either is in `loaded`.
pub(crate) fn for_shim(environment: &Environment) -> ShimSource {
    let mut problems = Vec::new();
    let reading = read(&Location::choose(None, environment));
    let (effective, _) = reading.effective(environment);
    let mut settings = Settings::shared(&effective, &mut problems);
    let loaded = reading.compile_after(problems, environment);
    if let Ok(loaded) = &loaded {
        settings.fill_from(&loaded.policy);
    }
    ShimSource {
        settings,
        reading,
        loaded,
    }
}

fn variables(environment: &Environment) -> PolicyConfig {
    let (mut pairs, mut config) = (Vec::new(), PolicyConfig::default());
    let known = policy_variables().map(|(name, _)| name);
    for name in known.chain(renamed_policy_variables()) {
        match environment.text(name) {
            Ok(Some(text)) => pairs.push((name, text)),
            Ok(None) => {}
            Err(problem) => config = config.merged_over(PolicyConfig::unreadable(problem)),
        }
    }
    PolicyConfig::from_variables(pairs).merged_over(config)
}

#[cfg(test)]
mod tests;
