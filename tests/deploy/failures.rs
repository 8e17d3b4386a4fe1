//! Each way that the bootstrap script can fail, as a table: how it comes to be, its status, its message.

use std::fs;

use crate::bootstrap::{OURS, SOURCE, login};
use crate::stage::Stage;

/// One way to fail.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) status: i32,
    pub(crate) message: &'static str,
    pub(crate) flags: &'static [&'static str],
    pub(crate) arrange: fn(&mut Stage),
}

const fn case(
    status: i32,
    message: &'static str,
    name: &'static str,
    arrange: fn(&mut Stage),
) -> Case {
    Case {
        name,
        status,
        message,
        flags: &[],
        arrange,
    }
}

const fn scratch(
    status: i32,
    message: &'static str,
    name: &'static str,
    arrange: fn(&mut Stage),
) -> Case {
    Case {
        name,
        status,
        message,
        flags: &["--from-scratch"],
        arrange,
    }
}

/// Docker fails at a step, and says this.
macro_rules! fails {
    ($step:literal) => {
        |stage| stage.write(concat!("fail/", $step), "docker's \"own\" words\n")
    };
}

pub(crate) fn occupied(stage: &mut Stage) {
    stage.write(&format!("{OURS}/auth.json"), &login("sk-good-of-before"));
}

fn in_use(stage: &mut Stage, volume: &str) {
    stage.write(&format!("users/{volume}"), "0123456789abcdef\n");
}

pub(crate) static CASES: [Case; 46] = [
    Case {
        flags: &["--force"],
        ..case(64, "there is no flag --force", "an unknown flag", |_| ())
    },
    Case {
        flags: &["--verbose", "volume"],
        ..case(64, "there is no flag volume", "an operand", |_| ())
    },
    case(65, "CODEX_VOLUME_NAME is \"\"", "an empty source", |s| {
        s.set("CODEX_VOLUME_NAME", "");
    }),
    case(
        65,
        "OPENCLAW_CODEX_VOLUME_NAME is \"/etc\"",
        "a path as the destination",
        |s| s.set("OPENCLAW_CODEX_VOLUME_NAME", "/etc"),
    ),
    case(
        65,
        "OPENCLAW_CODEX_VOLUME_NAME is \"a:/from\"",
        "a mount as the destination",
        |s| s.set("OPENCLAW_CODEX_VOLUME_NAME", "a:/from"),
    ),
    case(
        65,
        "OPENCLAW_NETWORK is \"--driver\"",
        "an option as the network",
        |s| s.set("OPENCLAW_NETWORK", "--driver"),
    ),
    case(65, "OPENCLAW_DOCKER_USER is \"a b\"", "two users", |s| {
        s.set("OPENCLAW_DOCKER_USER", "a b");
    }),
    case(
        65,
        "OPENCLAW_IMAGE is \"--privileged\"",
        "an option as the image",
        |s| s.set("OPENCLAW_IMAGE", "--privileged"),
    ),
    case(
        65,
        "OPENCLAW_BOOTSTRAP_OVERWRITE is \"yes\"",
        "an overwrite that is neither 0 nor 1",
        |s| s.set("OPENCLAW_BOOTSTRAP_OVERWRITE", "yes"),
    ),
    case(
        66,
        "source and destination are both codex_auth_volume",
        "the shared volume as the destination",
        |s| s.set("OPENCLAW_CODEX_VOLUME_NAME", "codex_auth_volume"),
    ),
    case(10, "docker is not installed", "no docker", |s| {
        fs::remove_file(s.place("bin/docker")).unwrap();
        only(
            s,
            &[
                "sh", "awk", "date", "id", "uname", "mktemp", "rm", "sed", "tail", "tr", "dirname",
                "cat", "head", "cut", "grep",
            ],
        );
    }),
    case(
        11,
        "no docker engine answers: start it",
        "no engine",
        fails!("version"),
    ),
    case(
        11,
        "in WSL: start Docker Desktop",
        "no engine, in WSL",
        |s| {
            s.program(
                "bin/uname",
                "#!/bin/sh\necho 5.15.167.4-microsoft-standard-WSL2\n",
            );
            s.write("fail/version", "Cannot connect");
        },
    ),
    case(
        12,
        "docker has no compose",
        "no compose",
        fails!("compose-version"),
    ),
    case(
        13,
        "is not valid: docker's \"own\" words",
        "a compose file that is not valid",
        fails!("compose-config"),
    ),
    case(
        13,
        "is not valid",
        "services that cannot be told",
        fails!("compose-services"),
    ),
    case(
        14,
        "has no service openclaw",
        "a compose file without the service",
        |s| s.write("services", "api\nopenclaw-x\n"),
    ),
    case(
        15,
        "the image openclaw:local is not here; run: docker compose",
        "no image",
        |s| fs::remove_file(s.place("image")).unwrap(),
    ),
    case(
        16,
        "docker does not say who uses the volume codex_auth_volume",
        "users that cannot be told",
        fails!("ps"),
    ),
    case(
        30,
        "the source volume codex_auth_volume does not exist",
        "no source",
        |s| fs::remove_dir_all(s.place(SOURCE)).unwrap(),
    ),
    case(
        31,
        "the volume codex_auth_volume is in use by the container 0123456789ab",
        "a source in use",
        |s| in_use(s, "codex_auth_volume"),
    ),
    case(
        32,
        "holds no login (no auth.json with a key or a token)",
        "a source without a login",
        |s| fs::remove_file(s.place(SOURCE).join("auth.json")).unwrap(),
    ),
    case(32, "holds no login", "a source with an empty login", |s| {
        s.write(&format!("{SOURCE}/auth.json"), "");
    }),
    case(
        32,
        "holds no login",
        "a source with a login that holds nothing",
        |s| s.write(&format!("{SOURCE}/auth.json"), "{}"),
    ),
    case(32, "holds no login", "a source that was logged out", |s| {
        let text = "{\"OPENAI_API_KEY\": null, \"tokens\": null}";
        s.write(&format!("{SOURCE}/auth.json"), text);
    }),
    case(
        32,
        "holds no login",
        "a source whose login is a link",
        |s| {
            fs::remove_file(s.place(SOURCE).join("auth.json")).unwrap();
            s.link(&format!("{SOURCE}/auth.json"), "/etc/passwd");
        },
    ),
    case(
        43,
        "the volume codex_auth_volume cannot be looked at",
        "a source that cannot be looked at",
        fails!("source"),
    ),
    case(
        43,
        "the volume openclaw_codex_auth_volume cannot be looked at",
        "a destination that cannot be looked at",
        fails!("look"),
    ),
    case(
        40,
        "the volume openclaw_codex_auth_volume cannot be made",
        "a destination that cannot be made",
        fails!("volume"),
    ),
    case(
        41,
        "the volume openclaw_codex_auth_volume is in use",
        "a destination in use",
        |s| {
            occupied(s);
            in_use(s, "openclaw_codex_auth_volume");
        },
    ),
    case(
        42,
        "is not empty and holds something else; nothing was changed",
        "a destination with another login",
        occupied,
    ),
    case(
        42,
        "is not empty",
        "a destination with anything in it",
        |s| s.write(&format!("{OURS}/.note"), ""),
    ),
    case(
        20,
        "the network local-network cannot be made",
        "a network that cannot be made",
        fails!("network"),
    ),
    case(
        50,
        "failed, and openclaw_codex_auth_volume is as it was: docker's \"own\" words",
        "a copy that fails",
        fails!("copy"),
    ),
    case(
        52,
        "codex does not take the login that was copied",
        "a login that codex does not take",
        |s| s.write(&format!("{SOURCE}/auth.json"), &login("sk-bad")),
    ),
    case(
        52,
        "that of codex_auth_volume already, and codex does not take it",
        "the same login, not taken",
        |s| {
            s.write(&format!("{SOURCE}/auth.json"), &login("sk-bad"));
            s.write(&format!("{OURS}/auth.json"), &login("sk-bad"));
        },
    ),
    case(
        53,
        "the volume codex_auth_volume came in use",
        "a source that is used meanwhile",
        |s| s.write("after-login", "codex_auth_volume"),
    ),
    case(
        53,
        "the volume openclaw_codex_auth_volume came in use",
        "a destination that is used meanwhile",
        |s| s.write("after-login", "openclaw_codex_auth_volume"),
    ),
    case(
        54,
        "cannot be put in place in openclaw_codex_auth_volume",
        "a copy that cannot be put in place",
        fails!("switch"),
    ),
    case(
        51,
        "the copy holds no login; openclaw_codex_auth_volume is as it was",
        "a login that goes before it is copied",
        |s| s.write("log-out", ""),
    ),
    case(130, "interrupted; what was in", "Ctrl-C", |s| {
        occupied(s);
        s.set("OPENCLAW_BOOTSTRAP_OVERWRITE", "1");
        s.write("interrupt", "");
    }),
    scratch(
        41,
        "the volume openclaw_codex_auth_volume is in use",
        "from scratch, in use",
        |s| {
            occupied(s);
            in_use(s, "openclaw_codex_auth_volume");
        },
    ),
    scratch(
        42,
        "is not empty",
        "from scratch, not empty and no login",
        |s| s.write(&format!("{OURS}/auth.json"), &login("sk-bad")),
    ),
    scratch(
        43,
        "cannot be looked at",
        "from scratch, cannot be looked at",
        fails!("look"),
    ),
    scratch(
        50,
        "the copy into openclaw_codex_auth_volume failed",
        "from scratch, cannot be made ready",
        fails!("copy"),
    ),
    scratch(
        60,
        "is ready and nobody is logged in; in a terminal, run this again or: docker run -it --rm",
        "from scratch, without a terminal",
        |_| (),
    ),
];

/// Leaves only these programs on the `PATH`.
fn only(stage: &mut Stage, programs: &[&str]) {
    for program in programs {
        let real = ["/usr/bin", "/bin"]
            .iter()
            .map(|place| format!("{place}/{program}"));
        let real = real
            .into_iter()
            .find(|path| fs::exists(path).unwrap())
            .expect(program);
        stage.link(&format!("bin/{program}"), real);
    }
    let bin = stage.place("bin").display().to_string();
    stage.set("PATH", &bin);
}
