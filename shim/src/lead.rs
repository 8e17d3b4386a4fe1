//! How codex's model calls are led through a proxy: which files say where they go, which proxy, and
//! what codex has to be told.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use lockpolicy::Policy;
use lockpolicy::agents::codex::cli::directories;
use lockpolicy::agents::codex::config::{
    Layer, Lead, Mount, Oss, Override, Providers, Unreadable, role_files,
};

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

/// Reads what the working directory, the machine and the user say, lowest first, and then their roles.
fn providers(process: &Process) -> Result<Providers, ShimError> {
    let project: Vec<File> = project(process).filter_map(with_text).collect();
    let user = home(process).map(|home| home.join("config.toml"));
    let own = [Some(PathBuf::from(MACHINE)), user].into_iter().flatten();
    let own: Vec<File> = own.filter_map(with_text).collect();
    for (file, text) in &own {
        Providers::read([Layer::Own(text)]).map_err(|why| refused(file, why))?;
    }
    let owned: Vec<Layer<'_>> = own.iter().map(|(_, text)| Layer::Own(text)).collect();
    let mut layers = Vec::new();
    for (file, text) in &project {
        let layer = Layer::Project(text);
        match Providers::read(owned.iter().copied().chain([layer])) {
            Ok(_) => layers.push(layer),
            // Every codex that heeds it refuses it.
            Err(Unreadable::Syntax) => {}
            Err(why) => return Err(refused(file, why)),
        }
    }
    layers.extend(owned);
    let read = |role: Option<Layer<'_>>| Providers::read(layers.iter().copied().chain(role));
    let (by_project, by_user) = (project_roles(process, &project), own_roles(process, &own));
    let of_project = by_project
        .iter()
        .map(|(file, text)| (file, Layer::ProjectRole(text)));
    let of_user = by_user.iter().map(|(file, text)| (file, Layer::Role(text)));
    for (file, role) in of_project.chain(of_user) {
        match read(Some(role)) {
            // No codex takes it as a role then.
            Ok(_) | Err(Unreadable::Syntax) => {}
            Err(why) => return Err(refused(file, why)),
        }
    }
    read(None).map_err(|why| refused(Path::new(MACHINE), why))
}

/// A file and its text.
type File = (PathBuf, String);

fn project_roles(process: &Process, configurations: &[File]) -> Vec<File> {
    let beside = project(process).filter_map(|file| Some(file.parent()?.join("agents")));
    roles(beside, configurations)
}

fn own_roles(process: &Process, configurations: &[File]) -> Vec<File> {
    let beside = home(process).map(|home| home.join("agents"));
    roles(beside.into_iter(), configurations)
}

/// The files of all roles: those in these directories, and those that a configuration names.
fn roles(directories: impl Iterator<Item = PathBuf>, configurations: &[File]) -> Vec<File> {
    let mut files = Vec::new();
    for directory in directories {
        below(&directory, DEPTH, &mut files);
    }
    for (file, text) in configurations {
        let beside = |name: &String| Some(file.parent()?.join(name));
        files.extend(role_files(text).iter().filter_map(beside));
    }
    files.into_iter().filter_map(with_text).collect()
}

/// Every file with the ending of a role's, as deep as anybody sorts them.
fn below(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let place = entry.path();
        if place.extension() == Some(OsStr::new("toml")) {
            files.push(place);
        } else if depth > 0 && place.is_dir() {
            below(&place, depth - 1, files);
        }
    }
}

/// How deep directories of roles are looked through.
const DEPTH: usize = 8;

fn refused(file: &Path, why: Unreadable) -> ShimError {
    let file = file.to_owned();
    ShimError::Configuration { file, why }
}

/// The machine's configuration.
const MACHINE: &str = "/etc/codex/config.toml";

/// A file and its text; `None` where there is none that codex could read either.
fn with_text(file: PathBuf) -> Option<File> {
    let bytes = fs::read(&file).ok()?;
    Some((file, String::from_utf8_lossy(&bytes).into_owned()))
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
    file.is_some_and(|text| lockpolicy::agents::codex::config::is_account(&text))
}
