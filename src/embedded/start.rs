//! Starting an embedded proxy.

use std::ffi::OsString;
use std::io;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lockpolicy::agents::ProviderRoute;
use lockpolicy::dialect::Table;
use rustix::rand::{GetRandomFlags, getrandom};

use super::authorities::{Unnamed, publish, readable, with_those_of_the_machine};
use super::request::{self, StartReply, StartRequest};
use crate::policy_source::Reading;
use crate::settings::Settings;

/// The dialects that codex may use, whichever provider it is sent to.
const DIALECTS: [&str; 3] = ["openai", "chatgpt", "azure"];

/// Starts embedded proxies with the settings and the policy that this process has read.
#[derive(Clone, Debug)]
pub(crate) struct EmbeddedProxy {
    pub(crate) settings: Settings,
    pub(crate) reading: Reading,
}

impl shim::StartProxy for EmbeddedProxy {
    fn start(&self, request: &shim::ProxyRequest<'_>) -> io::Result<shim::ProxyAddress> {
        let table = Table::of(DIALECTS).map_err(io::Error::other)?;
        let log_to_stderr = !(request.is_tui && io::stderr().is_terminal());
        let mut start = self.request(&DIALECTS, request.routes(&table), log_to_stderr, None)?;
        start.tls = true;
        let own = self.authorities(request)?;
        let (address, authority) = self.ask(&start, own.as_ref())?;
        let authorities = publish(&authority.unwrap_or_default(), request.authorities)?;
        Ok(shim::ProxyAddress {
            url: format!("https://{address}/{}", start.secret),
            plain_url: format!("http://{address}/{}", start.secret),
            authorities,
        })
    }
}

impl EmbeddedProxy {
    /// Starts a proxy without TLS that exits with this process, also when that becomes another program, and waits
    /// until it listens. Returns the URL below which the routes are.
    ///
    /// # Errors
    ///
    /// Returns an error if it does not start; then nothing is left of it.
    pub(crate) fn open(
        &self,
        dialects: &[&str],
        routes: Vec<ProviderRoute>,
        log_to_stderr: bool,
        shim_directory: Option<PathBuf>,
    ) -> io::Result<String> {
        let request = self.request(dialects, routes, log_to_stderr, shim_directory)?;
        let (address, _) = self.ask(&request, None)?;
        Ok(format!("http://{address}/{}", request.secret))
    }

    /// Returns the authorities by which the proxy checks providers, where codex's own variable names more than the
    /// machine's. A policy file that the user cannot change leaves that variable out.
    fn authorities(&self, request: &shim::ProxyRequest<'_>) -> io::Result<Option<Unnamed>> {
        let own = request
            .own_authorities
            .filter(|_| !self.reading.is_protected());
        own.and_then(readable)
            .map(with_those_of_the_machine)
            .transpose()
    }

    /// Starts the process; returns its address and the authority that vouches for it.
    fn ask(
        &self,
        request: &StartRequest,
        authorities: Option<&Unnamed>,
    ) -> io::Result<(SocketAddr, Option<String>)> {
        let mut command = Command::new("/proc/self/exe");
        let [file, directory] = self.settings.authorities();
        let own = authorities.map(|own| OsString::from(own.inherited_path()));
        // A file that is gone stops no call that needs none of it.
        let usual = |value: &OsString| Path::new(value).exists();
        let values = match own {
            Some(own) => [Some(own), None],
            None => [file.1.filter(usual), directory.1.filter(usual)],
        };
        for (name, value) in [file.0, directory.0].into_iter().zip(values) {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let mut child = command
            .arg0("model-lock")
            .arg("embedded-proxy")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // The keyboard's signals are for codex.
            .process_group(0)
            .spawn()?;
        let missing = || io::Error::other("no pipe");
        request::write(request, child.stdin.take().ok_or_else(missing)?)?;
        let why = match request::read(child.stdout.take().ok_or_else(missing)?) {
            Ok(StartReply::Ready(address, authority)) => return Ok((address, authority)),
            Ok(StartReply::Failed(why)) => why,
            Err(_) => "it ended before it listened".to_owned(),
        };
        // It has nothing to live for.
        child.kill().unwrap_or_default();
        child.wait()?;
        Err(io::Error::other(why))
    }

    fn request(
        &self,
        dialects: &[&str],
        routes: Vec<ProviderRoute>,
        log_to_stderr: bool,
        shim_directory: Option<PathBuf>,
    ) -> io::Result<StartRequest> {
        Ok(StartRequest {
            parent: rustix::process::getpid().as_raw_nonzero().get(),
            secret: secret()?,
            tls: false,
            dialects: dialects.iter().map(ToString::to_string).collect(),
            routes,
            log_to_stderr,
            shim_directory,
            reading: self.reading.clone(),
            egress: self.settings.egress_texts(),
            statsd: self.settings.statsd(),
            audit: self.settings.audit_file(),
        })
    }
}

/// 128 bits that nobody can guess, as digits.
pub(crate) fn secret() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom(&mut bytes, GetRandomFlags::empty())?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy_source::{self, Location};
    use crate::settings::environment::Environment;

    #[test]
    fn embedded_proxy_starts_with_the_policy_that_was_read_although_the_file_changed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("policy.toml");
        std::fs::write(&path, "model = 'read'").unwrap();
        let environment = Environment::default();
        let mut problems = Vec::new();
        let proxy = EmbeddedProxy {
            settings: Settings::shared(&environment, &mut problems),
            reading: policy_source::read(&Location::At(path.clone())),
        };
        assert_eq!(problems, []);
        std::fs::write(&path, "model = 'changed'").unwrap();
        let request = proxy.request(&DIALECTS, Vec::new(), false, None).unwrap();
        let mut sent = Vec::new();
        request::write(&request, &mut sent).unwrap();
        let received: StartRequest = request::read(&sent[..]).unwrap();
        let loaded = received.reading.compile(&environment).unwrap();
        assert_eq!(loaded.policy.pin(), "read");
        let now = policy_source::read(&received.reading.location);
        assert_ne!(now, received.reading, "the next reading finds the change");
    }
}
