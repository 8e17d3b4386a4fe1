//! What holds between the parts of the crate.

mod surface_rows;
mod surfaces;

use proptest::test_runner::Config;

/// As many cases of a property, or as `PROPTEST_CASES` says.
pub(crate) fn cases(usual: u32) -> Config {
    let stated = Config::default();
    let is_stated = std::env::var_os("PROPTEST_CASES").is_some();
    Config {
        cases: if is_stated { stated.cases } else { usual },
        failure_persistence: None,
        ..stated
    }
}
