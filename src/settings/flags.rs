//! The flags of `model-lock serve`, made from the table: texts, read later together with the environment.

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};

use super::table::{Group, RENAMED, Setting, TABLE};

/// The texts that were given for each flag.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags(BTreeMap<&'static str, Vec<OsString>>);

impl Flags {
    /// Returns what was given for the flag of a setting; empty where nothing was.
    pub(super) fn given(&self, setting: &Setting) -> &[OsString] {
        let given = setting.flag().and_then(|flag| self.0.get(flag));
        given.map_or(&[], Vec::as_slice)
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        command.args(TABLE.iter().filter_map(argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let flags = TABLE.iter().filter_map(Setting::flag);
        let given = flags.filter_map(|flag| {
            let values = matches.get_many::<OsString>(flag)?;
            Some((flag, values.cloned().collect()))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.append(&mut Self::from_arg_matches(matches)?.0);
        Ok(())
    }
}

/// Returns the flag that a flag of `serve` was renamed to, if it was.
pub(crate) fn renamed_to(flag: &str) -> Option<&'static str> {
    let name = flag.trim_start_matches('-').replace('-', "_");
    let variable = format!("MODEL_LOCK_{}", name.to_uppercase());
    let (_, new) = RENAMED.into_iter().find(|(old, _)| *old == variable)?;
    let setting = TABLE.iter().find(|setting| setting.variable() == new);
    setting.and_then(Setting::flag)
}

/// Returns the argument of a setting, if it has a flag.
fn argument(setting: &Setting) -> Option<Arg> {
    let flag = setting.flag()?;
    let action = if setting.repeats() {
        ArgAction::Append
    } else {
        ArgAction::Set
    };
    let argument = Arg::new(flag)
        .long(flag.trim_start_matches('-'))
        .value_name(setting.value_name())
        .value_parser(value_parser!(OsString))
        .action(action)
        .help(setting.help());
    Some(match setting.group {
        Group::Limit => argument.help_heading("Limits"),
        Group::Serve | Group::Shared => argument,
    })
}
