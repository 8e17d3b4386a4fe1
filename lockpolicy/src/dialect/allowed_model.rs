//! The operations that the operator allows although a model runs there in some dialect.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::Table;
use super::overlap::patterns_meet;
use super::sources::OPERATIONS;
use crate::Policy;

/// An entry of `allow` that names an operation which runs a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedModel {
    /// The entry, as `METHOD PATH`.
    pub operation: String,
    /// The dialect that lists the operation.
    pub dialect: &'static str,
    /// `true` if that dialect is switched on: then the operation is judged, and the entry lets nothing pass.
    pub is_judged: bool,
}

impl fmt::Display for AllowedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation, dialect, ..
        } = self;
        if self.is_judged {
            return write!(
                f,
                "`allow`: {operation} runs a model in dialect `{dialect}`, which is switched on: it is judged all the same, so \
                 leave the entry out"
            );
        }
        write!(
            f,
            "`allow`: {operation} runs a model in dialect `{dialect}`, and passes without a judgement: any model runs there. \
             Leave the entry out, and switch the dialect on with --dialect"
        )
    }
}

impl Table {
    /// Returns the entries of `allow` that name an operation which runs a model, each with the first dialect that lists
    /// it: one that is switched on, or else any.
    pub fn allowed_models(&self, policy: &Policy) -> Vec<AllowedModel> {
        let entries = policy.allow().iter().map(ToString::to_string);
        entries
            .filter_map(|entry| self.allowed_model(entry))
            .collect()
    }

    fn allowed_model(&self, operation: String) -> Option<AllowedModel> {
        let running = OPERATIONS.iter().filter(|(_, own)| {
            let mut own = own.iter();
            own.any(|(at, runs_model)| *runs_model && meets(&operation, at))
        });
        let names: Vec<&'static str> = running.map(|(name, _)| *name).collect();
        let own = names.iter().find(|name| self.is_on(name));
        let dialect = own.or_else(|| names.first())?;
        Some(AllowedModel {
            dialect,
            is_judged: own.is_some(),
            operation,
        })
    }
}

/// Returns true if some request is both.
fn meets(allowed: &str, listed: &str) -> bool {
    let (Some((method, pattern)), Some((own_method, own))) =
        (allowed.split_once(' '), listed.split_once(' '))
    else {
        return false;
    };
    method == own_method && patterns_meet(pattern, own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PolicyConfig;

    fn told(dialects: &[&str], allow: &str) -> Vec<(&'static str, bool)> {
        let text = ["model = 'p'\nallow = ['", allow, "']"].concat();
        let policy = PolicyConfig::from_toml(&text).build().unwrap();
        let table = Table::of(dialects.iter().copied()).unwrap();
        let all = table.allowed_models(&policy);
        all.iter().map(|one| (one.dialect, one.is_judged)).collect()
    }

    #[test]
    fn allowed_operation_that_runs_a_model_is_told_with_its_dialect() {
        for (dialects, allow, wanted) in [
            (
                &["openai"][..],
                "POST /v1/messages",
                &[("anthropic", false)][..],
            ),
            (&["openai"], "POST /v1/responses", &[("openai", true)]),
            (&["openai"], "POST /v1/**", &[("openai", true)]),
            (&["openai"], "POST /upload/**", &[]),
            (&["openai"], "GET /v1/files/*", &[]),
        ] {
            assert_eq!(told(dialects, allow), wanted, "{allow}");
        }
    }

    #[test]
    fn allowed_operation_is_told_with_what_to_do() {
        let text = "model = 'p'\nallow = ['POST /v1/messages', 'POST /v1/responses']";
        let policy = PolicyConfig::from_toml(text).build().unwrap();
        let all = Table::of(["openai"]).unwrap().allowed_models(&policy);
        let texts: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "`allow`: POST /v1/messages runs a model in dialect `anthropic`, and passes without a judgement: any model \
                 runs there. Leave the entry out, and switch the dialect on with --dialect",
                "`allow`: POST /v1/responses runs a model in dialect `openai`, which is switched on: it is judged all the \
                 same, so leave the entry out",
            ]
        );
    }
}
