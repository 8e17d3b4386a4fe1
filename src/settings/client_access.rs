//! The settings of clients and keys, checked together.

use lockpolicy::dialect::Table;
use lockpolicy::http::HostRules;
use lockpolicy::{Problem, escape_for_log};
use proxy::{ClientAccess, ClientTokensHandle, DialectKey};

use super::parse_access::{ClientAuth, KeyFile};
use super::table::Setting;
use super::{Settings, tls_files};

impl Settings {
    /// Returns who is served. A listener that holds a key serves known clients only, unless the operator says
    /// otherwise; a socket in the file system serves its owner.
    pub(super) fn access(&self, problems: &mut Vec<Problem>) -> ClientAccess {
        if let (Some(file), Some(ClientAuth::None)) = (&self.client_tokens, self.client_auth) {
            let what = "`--client-auth none` would let everyone in: leave one of them out";
            problems.push(Problem::new(file.place, what));
        }
        let tls = tls_files::read(self).unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        let clients = self.clients();
        let checks_host = clients.is_none() && !self.key.is_empty() && !self.is_own_socket();
        ClientAccess {
            hosts: HostRules {
                origins: self.allow_origin.clone(),
                hosts: self.allow_host.clone(),
                checks_host,
            },
            clients,
            tls,
            ..ClientAccess::default()
        }
    }

    fn clients(&self) -> Option<ClientTokensHandle> {
        if let Some(file) = &self.client_tokens {
            return Some(ClientTokensHandle::clone(&file.clients));
        }
        let required = match self.client_auth {
            Some(ClientAuth::None) => false,
            Some(ClientAuth::Token) => true,
            None => !self.key.is_empty() && !self.is_own_socket(),
        };
        // Nobody is known.
        required.then(ClientTokensHandle::default)
    }

    fn is_own_socket(&self) -> bool {
        self.listen.tcp().is_none()
    }

    /// Returns true if clients have to be known, and none is.
    pub(crate) fn serves_nobody(&self) -> bool {
        self.client_tokens.is_none() && self.clients().is_some()
    }

    /// Returns who is served, for the log.
    pub(crate) fn served_clients(&self) -> &'static str {
        match (&self.client_tokens, self.clients()) {
            (Some(_), _) => "those of --client-tokens",
            (None, None) if self.is_own_socket() => "the owner of the socket",
            (None, None) => "everyone",
            (None, Some(_)) => {
                "nobody: every request is answered with 401; set --client-tokens FILE, or --client-auth none"
            }
        }
    }

    /// Returns each key with its dialect.
    pub(super) fn keys(&self, problems: &mut Vec<Problem>) -> Vec<DialectKey> {
        let mut keys: Vec<DialectKey> = Vec::new();
        for key in &self.key {
            let dialect = match self.dialect_of(key) {
                Ok(dialect) if keys.iter().any(|other| other.dialect == dialect) => {
                    Err(format!("`{dialect}` has two keys: name one file"))
                }
                other => other,
            };
            match dialect {
                Ok(dialect) => keys.push(DialectKey {
                    dialect,
                    key: key.file.key.clone(),
                }),
                Err(what) => problems.push(Problem::new(key.file.place, what)),
            }
        }
        self.check_keys(&keys, problems);
        keys
    }

    /// Reports a key that would go to no provider, or to several.
    fn check_keys(&self, keys: &[DialectKey], problems: &mut Vec<Problem>) {
        let Ok(table) = Table::of(self.dialect.iter().map(String::as_str)) else {
            return;
        };
        if let Err(error) = DialectKey::check(keys, &table, &self.upstream) {
            let place = self.key.first().map_or("", |key| key.file.place);
            problems.push(Problem::new(place, error.to_string()));
        }
    }

    /// Returns the dialect of a key: the one that is named with it, or the only one that takes a key.
    fn dialect_of(&self, key: &KeyFile) -> Result<String, String> {
        let takers = self.key_dialects();
        let all = takers.join(", ");
        match (&key.dialect, takers.as_slice()) {
            (Some(named), _) if takers.contains(named) => Ok(named.clone()),
            (Some(named), _) => {
                let named = escape_for_log(named);
                let place = Setting::dialect().flag().unwrap_or_default();
                Err(format!(
                    "`{named}` is no dialect of {place} that takes a key: one of {all} expected"
                ))
            }
            (None, [only]) => Ok(only.clone()),
            (None, []) => Err("no dialect that is switched on takes a key".to_owned()),
            (None, _) => Err(format!(
                "which provider is it for? DIALECT=FILE expected, with one of {all}"
            )),
        }
    }

    /// Returns the dialects that are switched on and take a key.
    fn key_dialects(&self) -> Vec<String> {
        let table = Table::of(self.dialect.iter().map(String::as_str));
        let dialects = table.iter().flat_map(Table::dialects);
        let takers = dialects.filter(|dialect| dialect.takes_key);
        takers.map(|dialect| dialect.name.clone()).collect()
    }
}
