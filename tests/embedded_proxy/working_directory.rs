//! What stands in the repository in which codex starts is read within bounds, and never waited for.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::embedded_codex::EmbeddedCodex;

/// Fills the directory `.codex` of a repository.
type Prepare<'a> = &'a dyn Fn(&Path);

/// Starts codex in a directory that `prepare` fills, and returns its exit status and what it said.
fn started(prepare: Prepare<'_>) -> (Option<i32>, String) {
    let codex = EmbeddedCodex::script("echo started", "force");
    let place = codex.codex.work().join(".codex");
    fs::create_dir_all(&place).unwrap();
    prepare(&place);
    let finished = codex.codex.run(&["exec", "hi"]).unwrap();
    let said = [finished.out(), finished.err()].concat();
    (finished.status.code(), said)
}

fn mkfifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn codex_in_an_ordinary_repository_is_started() {
    let (status, said) = started(&|place| {
        fs::write(
            place.join("config.toml"),
            "[agents.a]\nconfig_file='a.toml'",
        )
        .unwrap();
        fs::create_dir_all(place.join("agents/more")).unwrap();
        fs::write(place.join("agents/more/b.toml"), "model = 'x'").unwrap();
        symlink("absent", place.join("agents/c.toml")).unwrap();
        symlink("more/b.toml", place.join("agents/d.toml")).unwrap();
    });
    assert_eq!(
        (status, said.contains("started")),
        (Some(0), true),
        "{said}"
    );
}

#[test]
fn repository_that_cannot_be_read_within_bounds_is_refused() {
    let role = |file: &str| format!("[agents.a]\nconfig_file = \"{file}\"");
    let cases: [(&str, Prepare<'_>); 6] = [
        ("not a regular file", &|place| {
            fs::write(place.join("config.toml"), role("/dev/zero")).unwrap();
        }),
        ("not a regular file", &|place| {
            mkfifo(&place.join("config.toml"));
        }),
        ("not a regular file", &|place| {
            fs::create_dir(place.join("agents")).unwrap();
            mkfifo(&place.join("agents/a.toml"));
        }),
        ("larger than", &|place| {
            fs::write(place.join("config.toml"), "# ".repeat(1 << 20)).unwrap();
        }),
        ("links to other directories are not followed", &|place| {
            fs::create_dir(place.join("agents")).unwrap();
            symlink("/", place.join("agents/loop")).unwrap();
        }),
        ("nested too deeply", &|place| {
            fs::create_dir_all(place.join("agents/1/2/3/4/5/6/7/8/9")).unwrap();
        }),
    ];
    for (what, prepare) in cases {
        let (status, said) = started(prepare);
        assert_eq!(status, Some(78), "{said}");
        assert!(said.contains(what), "{said}");
        assert!(!said.contains("started"), "{said}");
    }
}
