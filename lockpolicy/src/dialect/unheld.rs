//! The operations in which a pinned effort or tier is not inserted, so that the API's own default runs.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{Dialect, Operation, Places, Table};
use crate::{Capability, Policy, Setting};

/// The operations of one dialect that run at the API's default where a request states no effort, or no tier. A
/// request that states another value than the pin is forced or rejected there as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unheld {
    /// The dialect.
    pub dialect: String,
    /// The key of the policy that pins the setting.
    pub key: &'static str,
    /// The operations, as `METHOD PATH`.
    pub operations: Vec<String>,
}

impl fmt::Display for Unheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            dialect,
            key,
            operations,
        } = self;
        let operations = operations.join(", ");
        write!(
            f,
            "dialect `{dialect}`: the pinned {key} is not put into a request that states none, at {operations}"
        )
    }
}

impl Table {
    /// Returns where the pins of effort and tier do not hold by themselves, by dialect.
    pub fn unheld(&self, policy: &Policy) -> Vec<Unheld> {
        let pins = [
            (Setting::Effort, "reasoning_effort", policy.effort()),
            (Setting::Tier, "service_tier", policy.tier()),
        ];
        let pinned = pins.into_iter().filter(|(.., pin)| pin.is_some());
        let all = pinned.flat_map(|(setting, key, _)| {
            let each = self.dialects().iter();
            each.filter_map(move |dialect| dialect.unheld(setting, key))
        });
        all.collect()
    }
}

impl Dialect {
    fn unheld(&self, setting: Setting, key: &'static str) -> Option<Unheld> {
        let without = self.operations.iter().filter(|own| own.lacks(setting));
        let named = without.map(|own| [&own.method, " ", &own.pattern].concat());
        let operations: Vec<String> = named.collect();
        (!operations.is_empty()).then(|| Unheld {
            dialect: self.name.clone(),
            key,
            operations,
        })
    }
}

impl Operation {
    /// Returns true if a model generates here, and the setting is not put in.
    fn lacks(&self, setting: Setting) -> bool {
        if self.messages.is_empty() {
            return self.capability == Some(Capability::Generation)
                && !self.places.inserts(setting);
        }
        let generating = self.messages.iter().filter(|message| {
            let mut settings = message.places.entries.iter().map(|entry| entry.setting);
            settings.any(|own| own == Some(Setting::Model(Capability::Generation)))
        });
        generating
            .into_iter()
            .any(|own| !own.places.inserts(setting))
    }
}

impl Places {
    fn inserts(&self, setting: Setting) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|entry| entry.insert_if_missing && entry.setting == Some(setting))
    }
}
