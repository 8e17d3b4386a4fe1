//! `model-lock doctor`: which of the three layers hold here, by trying, and what to do about the rest.
//!
//! ```text
//! look: places, policy, account, route, network ─┐
//!                                                ├─► [Finding] ─► Level
//! try: shim, proxy, route, before a server of our own ┘
//! ```
//!
//! Nothing that is tried reaches a provider, and no credential of this place goes along.

mod account;
mod capture_server;
mod finding;
mod installed_codexes;
mod layers;
mod network;
mod route;
mod trial;

use std::path::Path;
use std::process::ExitCode;

use lockpolicy::agents::codex::Release;
use lockpolicy::{Mode, Problems};
use serde::Serialize;
use shim::{CodexVersion, Process};

use crate::assurance::Level;
use crate::policy_source::{Loaded, Origin, user_namespace};
use crate::settings::Settings;
use crate::settings::environment::Environment;
use crate::settings::flags::Flags;
use crate::{exit, output, policy_source};
use finding::Finding;
use layers::ExpectedRoute;

/// The flags of `doctor`.
#[derive(clap::Args, Debug)]
pub(crate) struct Doctor {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// The level that has to be reached for status 0
    #[arg(long, value_name = "LEVEL", value_enum, default_value = "guarded")]
    require: Level,
}

/// Looks, tries, and tells.
pub(crate) fn doctor(options: &Doctor, environment: &Environment) -> ExitCode {
    let examined = Examined::examine(&Process::current(), environment);
    let status = if examined.level >= options.require {
        exit::DONE
    } else {
        exit::BELOW
    };
    if options.json {
        output::json(&examined, status)
    } else {
        output::result_with(&examined.text(), status)
    }
}

/// The result of the examination: facts and findings.
#[derive(Serialize)]
struct Examined {
    level: Level,
    facts: Vec<Fact>,
    findings: Vec<Finding>,
}

/// Something that is worth knowing and cannot be wrong.
#[derive(Serialize)]
struct Fact {
    name: &'static str,
    is: String,
}

impl Fact {
    fn new(name: &'static str, is: impl Into<String>) -> Self {
        Self {
            name,
            is: is.into(),
        }
    }
}

impl Examined {
    fn examine(process: &Process, environment: &Environment) -> Self {
        let (mut findings, mut facts) = (Vec::new(), Vec::new());
        let codexes = installed_codexes::find(process, &mut findings);
        let shown = |path: &Option<std::path::PathBuf>| match path {
            Some(path) => path.display().to_string(),
            None => "none".to_owned(),
        };
        let login = account::look(process, codexes.real.as_deref(), &mut findings);
        let version = version(process, codexes.real.as_deref(), &mut findings);
        facts.extend([
            Fact::new("shim", shown(&codexes.shim)),
            Fact::new("real", shown(&codexes.real)),
            Fact::new("version", version),
            Fact::new("home", installed_codexes::home(process).to_string_lossy()),
            Fact::new("login", login),
        ]);
        if rustix::process::geteuid().is_root() {
            findings.push(Finding::root());
        }
        if user_namespace::is_private() {
            findings.push(Finding::user_namespace(user_namespace::WARNING));
        }
        findings.extend(network::egress());
        // What is wrong with the settings stands with the policy.
        let source = policy_source::for_shim(environment);
        findings.extend(network::statsd(source.settings.statsd().as_ref()));
        match source.loaded {
            Ok(loaded) => {
                let (effective, _) = source.reading.effective(environment);
                let settings = Settings::read(&Flags::default(), &effective, &mut Vec::new());
                let (unheld, overlaps, _) = settings.dialect_notes(&loaded.policy);
                findings.extend(unheld.iter().map(Finding::pin_not_inserted));
                findings.extend(overlaps.iter().map(Finding::dialects_overlap));
                layers(process, &codexes, &loaded, &mut findings, &mut facts);
            }
            Err(Problems(problems)) => {
                let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
                findings.push(Finding::no_policy(texts.join("; ")));
            }
        }
        findings.sort_by_key(|finding| finding.prevents.map_or(u8::MAX, |level| level as u8));
        Self {
            level: finding::reached(&findings),
            facts,
            findings,
        }
    }

    fn text(&self) -> String {
        let mut out = format!("level: {}\n", self.level.as_str());
        for Fact { name, is } in &self.facts {
            out.extend([name, ": ", is, "\n"]);
        }
        let row = |finding: &Finding| {
            let prevents = finding.prevents.map_or("-", Level::as_str);
            [prevents, finding.name, &finding.what, finding.remedy].map(output::one_line)
        };
        let rows: Vec<[String; 4]> = self.findings.iter().map(row).collect();
        if !rows.is_empty() {
            out.push('\n');
            out.push_str(&table(
                &["PREVENTS", "FINDING", "WHAT", "WHAT TO DO"].map(output::one_line),
                &rows,
            ));
        }
        out
    }
}

/// Returns the version of the real codex, with the newest one that the tables describe.
fn version(process: &Process, real: Option<&Path>, findings: &mut Vec<Finding>) -> String {
    let Some(real) = real else {
        return "none".to_owned();
    };
    let found = CodexVersion::of(process, real);
    let shown = found.text.as_deref().map(lockpolicy::escape_for_log);
    let shown = shown.unwrap_or_else(|| "unknown".to_owned());
    let newest = Release::newest();
    match found.release {
        Release::Listed => {}
        Release::Newer => findings.push(Finding::codex_newer(&shown, newest)),
        Release::Unknown => findings.push(Finding::codex_unverified(real.display())),
    }
    format!("{shown} (tested up to {newest})")
}

/// Examines what depends on the policy.
fn layers(
    process: &Process,
    codexes: &installed_codexes::Codexes,
    loaded: &Loaded,
    findings: &mut Vec<Finding>,
    facts: &mut Vec<Fact>,
) {
    let policy = &loaded.policy;
    let (pin, mode) = (policy.pin(), policy.mode().as_str());
    let from = format!("{} (model {pin}, mode {mode})", loaded.origin);
    facts.push(Fact::new("policy", from));
    if policy.mode() == Mode::ReportOnly {
        findings.push(Finding::report_only());
    }
    if !matches!(loaded.origin, Origin::Protected(_)) {
        findings.push(Finding::policy_open(&loaded.origin));
    }
    let base = route::look(policy, findings);
    let proxy = policy.proxy().or(base.as_deref());
    let expected = ExpectedRoute {
        proxy,
        routed: route::files_exist(),
        off: policy.is_proxy_off() && base.is_none(),
    };
    let started = if expected.off {
        "none"
    } else {
        "embedded, started by the shim"
    };
    facts.push(Fact::new("proxy", proxy.unwrap_or(started)));
    if expected.off {
        findings.push(Finding::proxy_off());
    }
    findings.extend(proxy.and_then(|url| network::proxy(url, policy)));
    findings.extend(layers::proxy(policy));
    findings.extend(layers::shim(process, codexes, policy, expected));
    if let Some(base) = &base {
        findings.extend(route::variable(process, base));
        findings.extend(layers::route(process, codexes, base));
    }
}

/// Columns as wide as what stands in them.
fn table(head: &[String; 4], rows: &[[String; 4]]) -> String {
    let mut widths = head.each_ref().map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; 4]| {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        let cells: Vec<String> = cells.collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    std::iter::once(head).chain(rows).map(line).collect()
}
