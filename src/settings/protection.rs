//! The settings that a policy file takes from the environment, where the user cannot change the file.

use std::ffi::OsString;

use lockpolicy::{Policy, Problem};

use super::Settings;
use super::environment::Environment;
use super::parse::Given;
use super::table::{Setting, TABLE};

/// The variables from which the TLS library itself takes the authorities that it trusts.
pub(crate) const AUTHORITIES: [&str; 2] = [
    Setting::ca_file().only_variable(),
    Setting::ca_directory().only_variable(),
];

/// Returns an environment without the variables that could weaken the lock, and the names of those that it has.
pub(crate) fn protected(environment: &Environment) -> (Environment, Vec<&'static str>) {
    let widening = TABLE.iter().filter(|setting| !setting.is_harmless);
    environment.without(widening.flat_map(Setting::variables))
}

impl Settings {
    /// Takes from the policy what neither flag nor environment sets.
    pub(crate) fn fill_from(&mut self, policy: &Policy) {
        fill(
            &mut self.https_proxy,
            "forward_proxy",
            policy.forward_proxy(),
        );
        fill(
            &mut self.no_proxy,
            "no_forward_proxy",
            policy.no_forward_proxy(),
        );
        if self.ca_file.is_none() && self.ca_directory.is_none() {
            fill(&mut self.ca_file, "ca_file", policy.ca_file());
        }
    }

    /// Returns the problem of a file with authorities that cannot be read: no provider is reached over TLS then.
    pub(super) fn unreadable_authorities(&self) -> Option<Problem> {
        let given = self.ca_file.as_ref()?;
        let path = given.path();
        let error = std::fs::File::open(path).err()?;
        let path = path.display();
        let what = format!(
            "{path}: the certificate authorities cannot be read: {error}; name a PEM file, or leave it out"
        );
        Some(given.problem(what))
    }

    /// Returns whether the TLS library would find other authorities in an environment.
    pub(crate) fn has_other_authorities(&self, environment: &Environment) -> bool {
        let differs =
            |(name, value): (&str, Option<OsString>)| environment.raw(name) != value.as_deref();
        self.authorities().into_iter().any(differs)
    }

    /// Returns the variables that the TLS library finds the authorities by, each with its value if it has one.
    pub(crate) fn authorities(&self) -> [(&'static str, Option<OsString>); 2] {
        let [file, directory] = AUTHORITIES;
        let own_file = self.ca_file.as_ref().map(|given| given.path().into());
        let own_directory = self.ca_directory.clone().map(OsString::from);
        [(file, own_file), (directory, own_directory)]
    }
}

fn fill(setting: &mut Option<Given>, place: &'static str, text: Option<&str>) {
    if let (None, Some(text)) = (&setting, text) {
        let values = vec![text.into()];
        *setting = Some(Given { values, place });
    }
}
