//! Manual pages and completions, read by `man`, `groff` and the shells.

use std::fs;

use tempfile::TempDir;

use crate::{PROGRAM, is_there, run};

/// A directory with a page for the program and for each verb.
fn pages() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let to = directory.path().join("man/man1");
    run(PROGRAM, &["man", "--to", to.to_str().unwrap()]);
    directory
}

fn names(directory: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(directory.path().join("man/man1")).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The verbs that the help lists.
fn verbs() -> Vec<String> {
    let help = run(PROGRAM, &["--help"]).out();
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    let listed = listed.lines().take_while(|line| !line.is_empty());
    let verbs = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let verbs: Vec<_> = verbs
        .filter(|verb| !verb.is_empty() && *verb != "help")
        .map(str::to_owned)
        .collect();
    assert!(verbs.len() > 8, "{help}");
    verbs
}

#[test]
fn manual_pages_exist_for_each_public_verb_alone() {
    let names = names(&pages());
    for verb in verbs() {
        assert!(names.contains(&format!("model-lock-{verb}.1")), "{verb}");
    }
    assert!(names.contains(&"model-lock.1".to_owned()));
    for hidden in ["embedded-proxy", "bound-codex"] {
        assert!(!names.concat().contains(hidden), "{hidden}");
    }
}

#[test]
fn manual_pages_pass_groff_without_warnings() {
    if !is_there("groff", "groff-base") {
        return;
    }
    let directory = pages();
    for name in names(&directory) {
        let page = directory.path().join("man/man1").join(&name);
        let page = page.to_str().unwrap();
        let set = run("groff", &["-man", "-ww", "-Kutf8", "-Tutf8", page]);
        assert_eq!(set.err(), "", "{name}");
    }
}

#[test]
fn manual_pages_show_the_text_of_help() {
    if !is_there("man", "man-db") {
        return;
    }
    let directory = pages();
    let page = |name: &str| {
        let page = directory.path().join("man/man1").join(name);
        let shown = run("man", &["--warnings", "-l", page.to_str().unwrap()]);
        assert_eq!(shown.err(), "", "{name}");
        shown.out()
    };
    let whole = page("model-lock.1");
    for section in ["NAME", "SYNOPSIS", "SUBCOMMANDS", "EXIT STATUS"] {
        assert!(whole.lines().any(|line| line == section), "{section}");
    }
    let serve = page("model-lock-serve.1");
    assert!(serve.lines().any(|line| line == "ENVIRONMENT"));
    for word in [
        "--listen <ADDRESS>",
        "OPENCLAW_MODEL_LOCK_MODE",
        "STATSD_HOST",
    ] {
        assert!(serve.contains(word), "{word}");
    }
}

/// A file with what a shell reads.
fn completions(shell: &str, directory: &TempDir, name: &str) -> String {
    let path = directory.path().join(name);
    fs::write(&path, run(PROGRAM, &["completions", shell]).stdout).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Loads them as the package's users do, asks which function completes, and calls it.
#[test]
fn bash_completes_verbs_and_flags() {
    let directory = tempfile::tempdir().unwrap();
    let file = completions("bash", &directory, "model-lock");
    run("bash", &["-n", &file]);
    let ask = r#"
        . "$1"
        set -- $(complete -p model-lock)
        while [ "$1" != -F ]; do shift; done
        complete_with=$2
        completed() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
                      "$complete_with" model-lock "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"; echo "${COMPREPLY[*]}"; }
        completed model-lock ro
        completed model-lock serve --audit-
        completed model-lock completions z
        completed model-lock comp"#;
    let output = run("bash", &["--norc", "-c", ask, "bash", &file]);
    assert_eq!(
        output.out(),
        "route\n--audit-size\nzsh\ncompletions\n",
        "{}",
        output.err()
    );
}

#[test]
fn fish_completes_verbs_and_flags() {
    if !is_there("fish", "fish") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = completions("fish", &directory, "model-lock.fish");
    run("fish", &["--no-execute", &file]);
    let ask = format!(
        "source {file}; for line in 'ro' 'serve --audit-' 'route c' 'comp'; complete -C \"model-lock $line\"; end"
    );
    let output = run("fish", &["--no-config", "-c", &ask]).out();
    let words: Vec<_> = output
        .lines()
        .filter_map(|line| line.split('\t').next())
        .collect();
    assert_eq!(words, ["route", "--audit-size", "codex", "completions"]);
}

#[test]
fn zsh_registers_the_completion_function() {
    if !is_there("zsh", "zsh") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = completions("zsh", &directory, "_model-lock");
    run("zsh", &["-f", "-n", &file]);
    let ask = r#"
        fpath=("$1" $fpath)
        autoload -U compinit && compinit -u -d "$1/dump" && print -r -- "$_comps[model-lock]"
        autoload +X _model-lock && whence -w _model-lock"#;
    let place = directory.path().to_str().unwrap();
    let output = run("zsh", &["-f", "-c", ask, "zsh", place]);
    assert_eq!(
        output.out(),
        "_model-lock\n_model-lock: function\n",
        "{}",
        output.err()
    );
}
