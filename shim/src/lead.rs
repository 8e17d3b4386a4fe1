//! How codex's model calls are led through a proxy: which files say where they go, which proxy, and
//! what codex has to be told.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use lockpolicy::Policy;
use lockpolicy::argv::directories;
use lockpolicy::provider::{Layer, Lead, Mount, Oss, Override, Providers, Unreadable};

use crate::{Process, ShimError};

/// Opens a proxy that ends with the process that opened it.
pub trait Opener {
    /// The proxy's URL, below which the mounts are.
    ///
    /// # Errors
    ///
    /// Where there can be none; then nothing runs.
    fn open(&self, mounts: &Mounts<'_>) -> io::Result<String>;
}

/// What the proxy is wanted for.
#[derive(Debug)]
pub struct Mounts<'a> {
    /// The providers, as the configuration has them.
    pub providers: &'a Providers,
    /// What the environment says of providers of this machine.
    pub oss: Oss<'a>,
    /// Whether codex draws on the terminal, where nobody else should write.
    pub draws: bool,
}

impl Mounts<'_> {
    /// The mounts, judged by a table.
    pub fn of(&self, table: &lockpolicy::dialect::Table) -> Vec<Mount> {
        self.providers.mounts(table, self.oss)
    }
}

/// What leads codex.
#[derive(Debug, Default)]
pub(crate) struct Led {
    /// For the command line.
    pub(crate) overrides: Vec<Override>,
    /// For the environment.
    pub(crate) env: BTreeMap<&'static str, OsString>,
}

/// Opens the proxy that the policy wants, and says how codex gets there.
///
/// # Errors
///
/// [`ShimError::Configuration`] where a configuration file leads somewhere that nothing can be laid
/// over; [`ShimError::Proxy`] where the proxy does not start.
pub(crate) fn lead(
    process: &Process,
    policy: &Policy,
    command: &str,
    opener: &dyn Opener,
) -> Result<Led, ShimError> {
    if policy.is_proxy_off() {
        return Ok(Led::default());
    }
    let providers = providers(process)?;
    if let Some(url) = policy.proxy() {
        let account = has_account(process);
        return Ok(led(process, &providers, Lead::Proxy { url, account }));
    }
    let text = |name| process.variable(name).and_then(OsStr::to_str);
    let mounts = Mounts {
        providers: &providers,
        oss: Oss {
            base_url: text("CODEX_OSS_BASE_URL"),
            port: text("CODEX_OSS_PORT"),
        },
        draws: matches!(command, "" | "tui" | "resume" | "fork" | "agents"),
    };
    let url = opener.open(&mounts).map_err(ShimError::Proxy)?;
    Ok(led(process, &providers, Lead::Mounts(&url)))
}

fn led(process: &Process, providers: &Providers, lead: Lead<'_>) -> Led {
    let mut env = BTreeMap::from([("CODEX_OSS_BASE_URL", Providers::oss_base_url(lead).into())]);
    if process.variable("CODEX_OSS_BASE_URL").is_none() && !providers.selects_local() {
        // Nobody asked for a model of this machine; its address says nothing then.
        env.clear();
    }
    let (Lead::Mounts(url) | Lead::Proxy { url, .. }) = lead;
    let direct = around(|name| process.variable(name).map(OsStr::to_owned), url);
    env.extend(["NO_PROXY", "no_proxy"].map(|name| (name, direct.clone())));
    Led {
        overrides: providers.overrides(lead),
        env,
    }
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host)
}

/// What `NO_PROXY` has to say so that a call to `url` takes no other proxy; `variable` reads what it
/// says already.
pub fn around(variable: impl Fn(&str) -> Option<OsString>, url: &str) -> OsString {
    let own = ["NO_PROXY", "no_proxy"].into_iter().find_map(variable);
    let mut list = own.unwrap_or_default().into_vec();
    if !list.is_empty() {
        list.push(b',');
    }
    list.extend(host(url).trim_matches(['[', ']']).bytes());
    OsString::from_vec(list)
}

/// Reads what the working directory, the machine and the user say, lowest first.
fn providers(process: &Process) -> Result<Providers, ShimError> {
    let project: Vec<String> = project(process).filter_map(|file| text(&file)).collect();
    let mut own = Vec::new();
    let user = home(process).map(|home| home.join("config.toml"));
    for file in [Some(PathBuf::from(MACHINE)), user].into_iter().flatten() {
        let Some(text) = text(&file) else { continue };
        Providers::read([Layer::Own(&text)]).map_err(|why| refused(&file, why))?;
        own.push(text);
    }
    // A project's file that is no TOML is refused by every codex that heeds it.
    let project = project.iter().map(|text| Layer::Project(text));
    let project = project.filter(|layer| Providers::read([*layer]).is_ok());
    let layers = project.chain(own.iter().map(|text| Layer::Own(text)));
    Providers::read(layers).map_err(|why| refused(Path::new(MACHINE), why))
}

fn refused(file: &Path, why: Unreadable) -> ShimError {
    let file = file.to_owned();
    ShimError::Configuration { file, why }
}

/// The machine's configuration.
const MACHINE: &str = "/etc/codex/config.toml";

/// The file's text; `None` where there is none that codex could read either.
fn text(file: &Path) -> Option<String> {
    fs::read(file)
        .ok()
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The configuration files of every directory that codex works in, and of those above.
fn project(process: &Process) -> impl Iterator<Item = PathBuf> {
    let args: Vec<&[u8]> = process.args.iter().map(|arg| arg.as_bytes()).collect();
    let start = process.directory.clone().unwrap_or_else(|| "/".into());
    let others = directories(&args).into_iter();
    let others = others.map(|other| start.join(OsStr::from_bytes(other)));
    let places: Vec<PathBuf> = others.chain([start.clone()]).collect();
    let above = places.into_iter().flat_map(|place| {
        let above = place
            .ancestors()
            .map(|place| place.join(".codex/config.toml"));
        above.collect::<Vec<PathBuf>>()
    });
    let own = home(process).map(|home| home.join("config.toml"));
    above.filter(move |file| own.as_ref() != Some(file))
}

fn home(process: &Process) -> Option<PathBuf> {
    let home = || Some(PathBuf::from(process.variable("HOME")?).join(".codex"));
    process
        .variable("CODEX_HOME")
        .map(PathBuf::from)
        .or_else(home)
}

/// Whether codex is logged in with an account. Only that a field is there is looked at.
fn has_account(process: &Process) -> bool {
    if process.variable("CODEX_API_KEY").is_some() {
        return false;
    }
    let file = home(process).and_then(|home| fs::read(home.join("auth.json")).ok());
    file.is_some_and(|text| lockpolicy::provider::is_account(&text))
}
