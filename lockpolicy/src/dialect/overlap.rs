//! What dialects that are switched on together take from each other: operations that more than one of them knows.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{Dialect, Operation, Refused, Table};

/// What one dialect lists and another one has, or refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// A dialect refuses what another one lists: no request gets there.
    Refused {
        /// The dialect that lists it.
        dialect: String,
        /// The dialect that refuses it.
        by: String,
        /// The operation, as `METHOD PATH`.
        operation: String,
        /// The reason of the refusal.
        why: String,
    },
    /// Two dialects list the same, and nothing in a request tells them apart: the one that is named first has it.
    Shared {
        /// The dialect that lists it in vain.
        dialect: String,
        /// The dialect that has it.
        with: String,
        /// The operations, as `METHOD PATH`.
        operations: Vec<String>,
    },
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused {
                dialect,
                by,
                operation,
                why,
            } => write!(
                f,
                "dialect `{dialect}`: {operation} is refused, because dialect `{by}` refuses it ({why}): switch on what is \
                 used, or let it pass unjudged with `allow = [\"{operation}\"]` in the policy file"
            ),
            Self::Shared {
                dialect,
                with,
                operations,
            } => {
                let operations = operations.join(", ");
                write!(
                    f,
                    "dialect `{dialect}`: `{with}`, which is named first, has what both list: {operations}"
                )
            }
        }
    }
}

impl Overlap {
    /// Returns the dialect that lists the operation, and gets no request there.
    pub fn dialect(&self) -> &str {
        match self {
            Self::Refused { dialect, .. } | Self::Shared { dialect, .. } => dialect,
        }
    }
}

impl Table {
    /// Returns what the dialects take from each other, by the dialect that loses it.
    pub fn overlaps(&self) -> Vec<Overlap> {
        let all = self.dialects().iter().enumerate();
        let each = all.flat_map(|(index, dialect)| {
            let refused = dialect
                .operations
                .iter()
                .filter_map(|own| self.refusal(dialect, own));
            refused.chain(self.shared(index, dialect))
        });
        each.collect()
    }

    fn refusal(&self, dialect: &Dialect, operation: &Operation) -> Option<Overlap> {
        if operation.capability.is_some() {
            return None;
        }
        let mut others = self.dialects().iter();
        others.find_map(|by| {
            let refused = by.refused.iter().find(|refused| refused.meets(operation))?;
            Some(Overlap::Refused {
                dialect: dialect.name.clone(),
                by: by.name.clone(),
                operation: operation.name(),
                why: refused.why.clone(),
            })
        })
    }

    fn shared(&self, index: usize, dialect: &Dialect) -> impl Iterator<Item = Overlap> {
        let earlier = self.dialects().iter().take(index);
        earlier.filter_map(move |with| {
            let in_vain = |own: &&Operation| {
                let tells = own.capability.is_none() && !dialect.told_by.is_empty();
                !tells && with.operations.iter().any(|other| other.is_at(own))
            };
            let operations = dialect.operations.iter().filter(in_vain);
            let operations: Vec<String> = operations.map(Operation::name).collect();
            (!operations.is_empty()).then(|| Overlap::Shared {
                dialect: dialect.name.clone(),
                with: with.name.clone(),
                operations,
            })
        })
    }
}

impl Operation {
    fn name(&self) -> String {
        [&self.method, " ", &self.pattern].concat()
    }

    fn is_at(&self, other: &Self) -> bool {
        (&self.method, &self.pattern) == (&other.method, &other.pattern)
    }
}

impl Refused {
    /// Returns true if some path of an operation is refused.
    fn meets(&self, operation: &Operation) -> bool {
        let Some((method, pattern)) = self.at.split_once(' ') else {
            return false;
        };
        method == operation.method && patterns_meet(pattern, &operation.pattern)
    }
}

/// Returns true if a path fits both patterns. `**` at the end of the first stands for any rest, or none.
pub(super) fn patterns_meet(one: &str, other: &str) -> bool {
    let mut wanted = one.split('/');
    let mut given = other.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (Some("**"), _) | (None, None) => return true,
            (Some(want), Some(have)) if want == have || want == "*" || is_open(have) => {}
            _ => return false,
        }
    }
}

fn is_open(segment: &str) -> bool {
    segment == "*" || segment.contains("{model}")
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn overlaps(dialects: &[&str]) -> Vec<String> {
        let table = Table::of(dialects.iter().copied()).unwrap();
        let overlaps = table.overlaps();
        overlaps.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn refused_operation_of_another_dialect_is_named_with_both() {
        for dialects in [["openai", "anthropic"], ["anthropic", "openai"]] {
            let named = overlaps(&dialects);
            assert!(
                named.iter().any(|line| line.starts_with(
                    "dialect `anthropic`: GET /v1/files/*/content is refused, because dialect `openai`"
                )),
                "{named:?}"
            );
        }
        assert_eq!(overlaps(&["openai", "chatgpt"]), [""; 0]);
    }

    #[test]
    fn operation_that_two_dialects_list_alike_is_named_once() {
        let named = overlaps(&["openai", "deepseek"]);
        let want = "dialect `deepseek`: `openai`, which is named first, has what both list: \
                    POST /v1/chat/completions, GET /v1/models";
        assert_eq!(named, [want]);
    }

    #[test]
    fn patterns_meet_where_a_path_fits_both() {
        for (refused, listed, meets) in [
            ("/v1/files/*/content", "/v1/files/*/content", true),
            ("/openai/**", "/openai/v1/responses/*/cancel", true),
            ("/v1/uploads/**", "/v1/uploads", true),
            ("/v1/models/*", "/v1/models", false),
            ("/v1/videos/edits", "/v1/videos/*", true),
            ("/v1/a", "/v1/b", false),
        ] {
            assert_eq!(patterns_meet(refused, listed), meets, "{refused} {listed}");
        }
    }

    #[test]
    fn overlap_is_of_the_dialect_that_gets_no_request() {
        for (dialects, loser) in [
            (["openai", "deepseek"], "deepseek"),
            (["anthropic", "openai"], "anthropic"),
        ] {
            let overlaps = Table::of(dialects).unwrap().overlaps();
            let mut losers = overlaps.iter().map(Overlap::dialect);
            assert!(losers.any(|own| own == loser), "{dialects:?}");
        }
    }
}
