//! The settings of a process: flag, then environment, then default; read once, all problems kept.

mod client_access;
pub(crate) mod environment;
pub(crate) mod flags;
mod followed_file;
mod parse;
mod parse_access;
pub(crate) mod protection;
mod secret_file;
mod show;
pub(crate) mod table;
pub(crate) mod tls_files;
mod tokens_file;
mod units;
mod unknown;

use std::ffi::OsString;

use lockpolicy::dialect::{AllowedModel, Overlap, Table, Unheld};
use lockpolicy::{Policy, Problem};
use observe::audit::AuditFile;
use observe::metrics::StatsdTarget;
use proxy::{Config, Egress, Limits};

use crate::descriptor_limit;
use crate::memory_limit::default_budget;
use environment::Environment;
use flags::Flags;
pub(crate) use parse::{Given, address};
pub(crate) use table::Settings;
use table::{Group, RENAMED, Setting};
use unknown::unknown_variables;

impl Settings {
    /// Reads flags and environment, and keeps everything that is wrong in `problems`. Where anything
    /// is, the settings are not to be used.
    pub(crate) fn read(
        flags: &Flags,
        environment: &Environment,
        problems: &mut Vec<Problem>,
    ) -> Self {
        Self::check_names(environment, problems);
        let given = &mut |setting: &Setting| given(setting, flags.given(setting), environment);
        Self::read_each(given, problems)
    }

    /// Reads what a process needs that is not `serve`.
    pub(crate) fn shared(environment: &Environment, problems: &mut Vec<Problem>) -> Self {
        Self::check_names(environment, problems);
        let given = &mut |setting: &Setting| match setting.group {
            Group::Shared => given(setting, &[], environment),
            Group::Serve | Group::Limit => None,
        };
        Self::read_each(given, problems)
    }

    /// Reports variables whose name is an old one, or none.
    fn check_names(environment: &Environment, problems: &mut Vec<Problem>) {
        let set = RENAMED
            .into_iter()
            .filter(|(old, _)| environment.raw(old).is_some());
        let problem = |(old, new)| Problem::new(old, format!("was renamed: set {new} instead"));
        problems.extend(set.map(problem));
        problems.extend(unknown_variables(environment));
    }

    /// Returns where the dialects that are switched on do not put in a pinned effort or tier, what they take from each
    /// other, and what is allowed although a model runs there.
    pub(crate) fn dialect_notes(
        &self,
        policy: &Policy,
    ) -> (Vec<Unheld>, Vec<Overlap>, Vec<AllowedModel>) {
        let table = Table::of(self.dialect.iter().map(String::as_str));
        let notes = |table: Table| {
            let allowed = table.allowed_models(policy);
            (table.unheld(policy), table.overlaps(), allowed)
        };
        table.map(notes).unwrap_or_default()
    }

    /// Returns the configuration of the proxy.
    pub(crate) fn config(&self, problems: &mut Vec<Problem>) -> Config {
        let listen = self.listen.tcp().filter(|at| at.port() != 0);
        if listen.is_some() && self.admin == listen {
            let what = format!(
                "`{}` is where requests are accepted: another port expected",
                self.listen
            );
            let place = Setting::admin().flag().unwrap_or_default();
            problems.push(Problem::new(place, what));
        }
        problems.extend(self.unreadable_authorities());
        Config {
            listen: self.listen.clone(),
            access: self.access(problems),
            admin: self.admin,
            upstreams: self.upstream.clone(),
            egress: parse::or_default(Some(self.egress()), problems, || None),
            keys: self.keys(problems),
            limits: self.limits(),
            ..Config::on_loopback(self.dialect.clone())
        }
    }

    fn limits(&self) -> Limits {
        let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Limits {
            max_expansion: count(self.max_expansion),
            max_locations: count(self.max_locations),
            memory_budget: self.memory_budget.unwrap_or_else(default_budget),
            max_connections: count(self.max_connections).min(descriptor_limit::connections()),
            max_client_connections: count(self.max_client_connections),
            max_websockets: count(self.max_websockets),
            max_client_websockets: count(self.max_client_websockets),
            body_deadline: self.body_deadline,
            max_head: self.max_header_bytes,
            max_body: self.max_body,
            max_decoded: self.max_decoded,
            header_timeout: self.header_timeout,
            body_timeout: self.body_timeout,
            client_idle_timeout: self.client_idle_timeout,
            websocket_idle_timeout: self.websocket_idle_timeout,
            write_timeout: self.write_timeout,
            linger_timeout: self.linger_timeout,
            connect_timeout: self.connect_timeout,
            upstream_timeout: self.upstream_timeout,
            idle_timeout: self.idle_timeout,
            drain_timeout: self.drain_timeout,
        }
    }

    /// Returns the forward proxy.
    fn egress(&self) -> Result<Option<Egress>, Vec<Problem>> {
        let Some(proxy) = &self.https_proxy else {
            return Ok(None);
        };
        let direct = self.no_proxy.as_ref().map_or(Ok(""), Given::text)?;
        let egress = Egress::parse(proxy.text()?, direct);
        egress
            .map(Some)
            .map_err(|error| vec![proxy.problem(error.to_string())])
    }

    /// Returns the texts of the forward proxy and of the hosts that are reached without it. A text that clients cannot
    /// read either is none.
    pub(crate) fn egress_texts(&self) -> Option<(String, String)> {
        let proxy = self.https_proxy.as_ref()?.text().ok()?;
        let direct = self.no_proxy.as_ref().and_then(|direct| direct.text().ok());
        Some((proxy.to_owned(), direct.unwrap_or_default().to_owned()))
    }

    /// Returns the daemon to which metrics are sent, if there is one.
    pub(crate) fn statsd(&self) -> Option<StatsdTarget> {
        Some(StatsdTarget {
            host: self.statsd_host.clone()?,
            port: self.statsd_port,
            prefix: self.statsd_prefix.clone(),
            tags: self.statsd_tags,
        })
    }

    /// Returns the audit file, if there is one.
    pub(crate) fn audit_file(&self) -> Option<AuditFile> {
        Some(AuditFile {
            path: self.audit.clone()?,
            size: self.audit_size as u64,
        })
    }
}

/// Returns what was given for a setting: the flag, or else the first of its variables that is set. Where there are
/// several, an empty one counts as unset: a compose file makes one of a variable that nobody set.
pub(crate) fn given(
    setting: &Setting,
    flag: &[OsString],
    environment: &Environment,
) -> Option<Given> {
    if let (Some(place), [_, ..]) = (setting.flag(), flag) {
        let values = flag.to_vec();
        return Some(Given { values, place });
    }
    let several = setting.variables().nth(1).is_some();
    setting.variables().find_map(|place| {
        let value = environment
            .raw(place)
            .filter(|value| !several || !value.is_empty())?;
        let values = vec![value.to_owned()];
        Some(Given { values, place })
    })
}

#[cfg(test)]
mod tests;
