//! A command line to tokens and back, without losing how anything was written.
//!
//! Reading follows the parser that codex uses: `--` ends the options, an option-argument that stands
//! apart may not begin with a dash, the first free word that calls a sub-command calls it, even
//! behind a prompt.
//!
//! Invariant: for every list of arguments, writing what was read gives the same list.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::iter::Peekable;

use super::line::CommandLine;
use super::options::{GLOBAL, OptionSpec, Role, Takes};
use super::table::{Command, ROOT, Runs};

/// One piece of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// How many sub-commands were called before it.
    pub level: usize,
    /// What it is.
    pub kind: Kind<'a>,
}

/// What a piece of a command line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// The word that calls a sub-command.
    Command(&'a [u8]),
    /// Part of another program's command line.
    Foreign(&'a [u8]),
    /// A word that is neither option nor command: a prompt, a session, a file.
    Operand(&'a [u8]),
    /// An option, with its option-argument.
    Option(Written<'a>),
    /// A further option-argument of the option before it.
    OptionArgument(&'a [u8]),
    /// The first `--`.
    Terminator,
}

/// An option as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<'a> {
    /// The option, where it is known.
    pub spec: Option<&'static OptionSpec>,
    /// Its name with the dashes, `-m` or `--model`.
    pub name: &'a [u8],
    /// How name and option-argument stand together.
    pub disposition: Disposition,
    /// The option-argument; empty where there is none.
    pub argument: Cow<'a, [u8]>,
}

/// How an option and its option-argument stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// `-m`: there is no option-argument.
    Alone,
    /// `-mx`
    Attached,
    /// `-m=x`, `--model=x`
    Equals,
    /// `-m x`, `--model x`
    Separate,
}

impl Token<'_> {
    /// Writes the arguments that this token was read from.
    pub fn write(&self, args: &mut Vec<Vec<u8>>) {
        match &self.kind {
            Kind::Command(word)
            | Kind::Foreign(word)
            | Kind::Operand(word)
            | Kind::OptionArgument(word) => {
                args.push(word.to_vec());
            }
            Kind::Option(written) => written.write(args),
            Kind::Terminator => args.push(b"--".to_vec()),
        }
    }

    /// The option, if it is one.
    pub fn option(&self) -> Option<&Written<'_>> {
        match &self.kind {
            Kind::Option(written) => Some(written),
            Kind::Command(_)
            | Kind::Foreign(_)
            | Kind::Operand(_)
            | Kind::OptionArgument(_)
            | Kind::Terminator => None,
        }
    }
}

impl Written<'_> {
    /// What the option means to the lock.
    pub fn role(&self) -> Role {
        self.spec.map_or(Role::Plain, |spec| spec.role)
    }

    /// The option-argument, if there is one.
    pub fn argument(&self) -> Option<&[u8]> {
        (self.disposition != Disposition::Alone).then_some(&*self.argument)
    }

    fn write(&self, args: &mut Vec<Vec<u8>>) {
        match self.disposition {
            Disposition::Alone => args.push(self.name.to_vec()),
            Disposition::Attached => args.push([self.name, &self.argument].concat()),
            Disposition::Equals => args.push([self.name, b"=", &self.argument].concat()),
            Disposition::Separate => args.extend([self.name.to_vec(), self.argument.to_vec()]),
        }
    }
}

/// Writes tokens as arguments.
pub fn write(tokens: &[Token<'_>]) -> Vec<Vec<u8>> {
    let mut args = Vec::new();
    for token in tokens {
        token.write(&mut args);
    }
    args
}

/// Reads the arguments behind the program's name. Every list of arguments is read.
pub fn read<'a>(args: &[&'a [u8]]) -> CommandLine<'a> {
    let mut reader = Reader {
        line: CommandLine {
            tokens: Vec::new(),
            path: alloc::vec![&ROOT],
            help: false,
            ambiguous: None,
            bare: None,
            internal: false,
        },
        unsure: false,
        many: false,
    };
    let mut rest = args.iter().copied().peekable();
    if args
        .first()
        .is_some_and(|first| first.starts_with(b"--codex-run-as-"))
    {
        // codex calls itself, to apply a patch or to touch files: not its command line.
        reader.line.internal = true;
        reader.all(rest, Kind::Foreign);
        return reader.line;
    }
    while let Some(arg) = rest.next() {
        if arg == b"--" {
            reader.push(Kind::Terminator);
            reader.all(rest, Kind::Operand);
            break;
        }
        if is_word(arg) {
            reader.word(arg);
            if matches!(
                reader.line.tokens.last(),
                Some(Token {
                    kind: Kind::Foreign(_),
                    ..
                })
            ) {
                reader.all(rest, Kind::Foreign);
                break;
            }
        } else {
            reader.option(arg, &mut rest);
        }
    }
    reader.line
}

struct Reader<'a> {
    line: CommandLine<'a>,
    /// The command has an unknown option, so that a word behind it may be its option-argument.
    unsure: bool,
    /// The last option takes every word that follows.
    many: bool,
}

impl<'a> Reader<'a> {
    fn push(&mut self, kind: Kind<'a>) {
        let level = self.line.path.len().saturating_sub(1);
        self.line.tokens.push(Token { level, kind });
    }

    fn all(&mut self, rest: impl Iterator<Item = &'a [u8]>, kind: fn(&'a [u8]) -> Kind<'a>) {
        for arg in rest {
            self.push(kind(arg));
        }
    }

    fn word(&mut self, word: &'a [u8]) {
        let command = self.line.command();
        if self.many {
            self.push(Kind::OptionArgument(word));
        } else if let Some(child) = command.child(word) {
            if self.unsure {
                self.ambiguous(word);
            }
            self.push(Kind::Command(word));
            self.line.path.push(child);
            self.unsure = false;
        } else if command.foreign {
            self.push(Kind::Foreign(word));
        } else {
            if self.calls_elsewhere(word) {
                self.ambiguous(word);
            }
            self.push(Kind::Operand(word));
        }
    }

    /// Whether a version that takes the command for a prompt would take this word for a command.
    fn calls_elsewhere(&self, word: &[u8]) -> bool {
        let [.., parent, command] = self.line.path.as_slice() else {
            return false;
        };
        !command.everywhere
            && parent.prompt
            && parent
                .child(word)
                .is_some_and(|child| child.runs != Runs::Never)
    }

    fn ambiguous(&mut self, word: &'a [u8]) {
        self.line.ambiguous.get_or_insert(word);
    }

    fn option(&mut self, arg: &'a [u8], rest: &mut Peekable<impl Iterator<Item = &'a [u8]>>) {
        let (name, attached) = split(arg);
        let mut written = self.named(arg, name, attached);
        let takes = written.spec.map_or(Takes::Nothing, |spec| spec.takes);
        self.many = false;
        self.unsure |= written.spec.is_none() && written.disposition == Disposition::Alone;
        if takes != Takes::Nothing && written.disposition == Disposition::Alone {
            if let Some(argument) = rest.next_if(|next| is_word(next)) {
                written.disposition = Disposition::Separate;
                written.argument = Cow::Borrowed(argument);
                self.many = takes == Takes::Many;
            } else {
                self.line.bare.get_or_insert(name);
            }
        }
        self.line.help |= written.role() == Role::Help;
        self.push(Kind::Option(written));
    }

    /// The option with what is written together with it. The whole of an unknown short option
    /// counts as its name.
    fn named(
        &self,
        arg: &'a [u8],
        name: &'a [u8],
        attached: Option<(Disposition, &'a [u8])>,
    ) -> Written<'a> {
        let spec = self.spec(name);
        let long = name.starts_with(b"--");
        match attached {
            Some((disposition, argument)) if spec.is_some() || long => Written {
                spec,
                name,
                disposition,
                argument: Cow::Borrowed(argument),
            },
            Some(_) => Written {
                spec,
                name: arg,
                disposition: Disposition::Alone,
                argument: Cow::Borrowed(b""),
            },
            None => Written {
                spec,
                name,
                disposition: Disposition::Alone,
                argument: Cow::Borrowed(b""),
            },
        }
    }

    /// What a name means to the command, or else to those that it was called by: codex would refuse
    /// it there, but another version may know it.
    fn spec(&self, name: &[u8]) -> Option<&'static OptionSpec> {
        let (command, callers) = self.line.path.split_last()?;
        if let Some(spec) = known(command, name) {
            return Some(spec);
        }
        callers
            .iter()
            .rev()
            .find_map(|caller| known(caller, name))
            .filter(|spec| spec.role != Role::Help)
    }
}

/// What a name means to a command.
pub(super) fn known(command: &Command, name: &[u8]) -> Option<&'static OptionSpec> {
    let mut options = command.own_options().chain(GLOBAL);
    match name {
        [b'-', b'-', long @ ..] => options.find(|spec| spec.long.as_bytes() == long),
        [b'-', letter] => options.find(|spec| spec.letter == Some(*letter)),
        _ => None,
    }
}

/// Whether an argument can be an operand, a command or an option-argument that stands apart.
fn is_word(arg: &[u8]) -> bool {
    !arg.starts_with(b"-") || arg == b"-"
}

/// Splits an option into its name and what is written together with it.
fn split(arg: &[u8]) -> (&[u8], Option<(Disposition, &[u8])>) {
    if arg.starts_with(b"--") {
        let equals = arg.iter().position(|byte| *byte == b'=');
        let parts = equals.and_then(|at| arg.split_at_checked(at));
        return match parts {
            Some((name, [_, argument @ ..])) => (name, Some((Disposition::Equals, argument))),
            _ => (arg, None),
        };
    }
    match arg.split_at_checked(2) {
        Some((name, [])) => (name, None),
        Some((name, [b'=', argument @ ..])) => (name, Some((Disposition::Equals, argument))),
        Some((name, argument)) => (name, Some((Disposition::Attached, argument))),
        None => (arg, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use proptest::prelude::*;

    fn line<'a>(words: &[&'a str]) -> CommandLine<'a> {
        read(&words.iter().map(|word| word.as_bytes()).collect::<Vec<_>>())
    }

    /// One word per token: `m` for an option that names the model, `o` for other options, and so on.
    fn shape(words: &[&str]) -> String {
        let letter = |token: &Token<'_>| match &token.kind {
            Kind::Command(_) => 'C',
            Kind::Foreign(_) => 'f',
            Kind::Operand(_) => 'w',
            Kind::Option(written) => match (written.spec, written.role()) {
                (None, _) => '?',
                (_, Role::Model) => 'm',
                (_, Role::Config) => 'c',
                (_, Role::Profile) => 'p',
                (_, Role::Help) => 'h',
                (Some(_), _) => 'o',
            },
            Kind::OptionArgument(_) => 'a',
            Kind::Terminator => '-',
        };
        line(words).tokens.iter().map(letter).collect()
    }

    #[test]
    fn words_are_read_as_codex_reads_them() {
        for (words, expected) in [
            (&["exec", "-m", "x", "hi"][..], "Cmw"),
            (&["-mx", "e", "--model=y", "-m=z"], "mCmm"),
            (&["exec", "hi", "--model", "x"], "Cwm"),
            (&["exec", "--", "--model", "x"], "C-ww"),
            (&["words", "exec", "-m", "x"], "wCm"),
            (&["exec", "hi", "resume", "-m", "x"], "CwCm"),
            (&["-i", "f", "exec"], "oa"),
            (&["-i", "f", "g", "-m", "x"], "oam"),
            (&["-if", "exec"], "oC"),
            (&["exec", "resume", "-i", "f", "hi"], "CCow"),
            (&["exec", "-m", "--oss"], "Cmo"),
            (&["exec", "-m", "--", "x"], "Cm-w"),
            (&["exec", "-m", "-"], "Cm"),
            (&["-m", "exec"], "m"),
            (&["--", "exec"], "-w"),
            (&["exec", "-cmodel=x", "--config=a=b", "-c", "k"], "Cccc"),
            (&["plugin", "add", "-m", "x"], "CCo"),
            (&["app-server", "generate-ts", "-p", "x"], "CCo"),
            (&["sandbox", "codex", "-m", "x"], "Cfff"),
            (&["mcp", "add", "n", "--", "codex", "-m", "x"], "CCfffff"),
            (&["tui", "-m", "x"], "wm"),
            (&["-model", "x"], "mw"),
            (&["--MODEL", "x"], "?w"),
            (&["-Zx", "y"], "?w"),
            (&["exec", "help", "resume"], "CCw"),
            (&["-hx"], "h"),
            (&["review", "-V"], "C?"),
            (&["--codex-run-as-apply-patch", "-m", "x"], "fff"),
            (&[""], "w"),
        ] {
            assert_eq!(shape(words), expected, "{words:?}");
        }
    }

    #[test]
    fn a_command_behind_an_unknown_option_is_ambiguous() {
        assert!(line(&["--new", "exec", "-m", "x"]).ambiguous.is_some());
        assert!(line(&["--new=1", "exec"]).ambiguous.is_none());
        assert!(line(&["--new", "hi"]).ambiguous.is_none());
        assert!(line(&["--new", "--oss", "exec"]).ambiguous.is_some());
        assert!(line(&["exec", "--new", "hi"]).ambiguous.is_none());
        assert!(line(&["archive", "exec"]).ambiguous.is_some());
        assert!(line(&["archive", "login"]).ambiguous.is_none());
    }

    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let known = prop::sample::select(alloc::vec![
            "exec",
            "e",
            "resume",
            "review",
            "fork",
            "app-server",
            "mcp",
            "add",
            "sandbox",
            "-m",
            "-mx",
            "-m=x",
            "--model",
            "--model=x",
            "-c",
            "-cmodel=x",
            "--config",
            "-p",
            "-i",
            "--image",
            "--",
            "-",
            "",
            "--oss",
            "hi",
            "--help",
            "-V",
        ]);
        prop_oneof![3 => known.prop_map(|word| word.as_bytes().to_vec()), 1 => prop::collection::vec(any::<u8>(), 0..6)]
    }

    proptest! {
        #[test]
        fn reading_and_writing_is_the_identity(args in prop::collection::vec(piece(), 0..10)) {
            let slices: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(write(&read(&slices).tokens), args);
        }
    }
}
