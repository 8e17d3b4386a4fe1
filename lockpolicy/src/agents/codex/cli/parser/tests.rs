//! Command lines, and how they are read.

use super::*;
use crate::Setting;
use crate::agents::codex::cli::token::write;
use alloc::string::String;
use alloc::vec::Vec;
use proptest::prelude::*;

fn line<'a>(words: &[&'a str]) -> CommandLine<'a> {
    read(&words.iter().map(|word| word.as_bytes()).collect::<Vec<_>>())
}

/// One word per token: `m` for an option that names the model, `o` for other options, and so on.
fn shape(words: &[&str]) -> String {
    let letter = |token: &Token<'_>| match &token.kind {
        TokenKind::Command(_) => 'C',
        TokenKind::Foreign(_) => 'f',
        TokenKind::Operand(_) => 'w',
        TokenKind::Option(written) => match (written.spec, written.role()) {
            (None, _) => '?',
            (_, Role::Selects(Setting::Model(_))) => 'm',
            (_, Role::Config) => 'c',
            (Some(spec), _) if spec.long == "profile" => 'p',
            (_, Role::Help) => 'h',
            (Some(_), _) => 'o',
        },
        TokenKind::OptionArgument(_) => 'a',
        TokenKind::Terminator => '-',
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
fn command_behind_an_unknown_option_is_ambiguous() {
    assert!(line(&["--new", "exec", "-m", "x"]).ambiguous.is_some());
    assert!(line(&["--new=1", "exec"]).ambiguous.is_none());
    assert!(line(&["--new", "hi"]).ambiguous.is_none());
    assert!(line(&["-Zx", "exec"]).ambiguous.is_some());
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
    fn line_that_is_read_and_written_is_unchanged(args in prop::collection::vec(piece(), 0..10)) {
        let slices: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(write(&read(&slices).tokens), args);
    }
}
