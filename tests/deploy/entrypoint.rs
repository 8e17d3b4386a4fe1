//! The entrypoint of the `OpenClaw` image: it starts the server where every step holds, and says which one does not.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use fake_provider::process::Finished;

use crate::PIN;
use crate::stage::{Stage, lines, log_entries, of_the_repository};

const PROGRAM: &str = env!("CARGO_BIN_EXE_model-lock");

/// An image with everything in its place: the real shim before a codex, a proxy's port that is open.
struct Image {
    stage: Stage,
    port: Option<TcpListener>,
}

impl Image {
    fn new() -> Self {
        let mut stage = Stage::new();
        stage.link("lock/model-lock", PROGRAM);
        stage.link("lock/codex", "model-lock");
        stage.program("bin/codex", CODEX);
        stage.program("bin/server", "#!/bin/sh\necho \"server of $PPID $*\"\n");
        let port = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = format!("http://{}", port.local_addr().unwrap());
        stage.write(
            "managed_config.toml",
            &format!("model = \"{PIN}\"\nopenai_base_url = \"{proxy}/v1\"\n"),
        );
        stage.write("home/.codex/auth.json", "good");
        let place = |name: &str| stage.place(name).display().to_string();
        let variables = [
            ("OPENCLAW_MODEL", PIN.to_owned()),
            ("MODEL_LOCK_PROXY", proxy),
            ("MODEL_LOCK_HOME", place("lock")),
            ("OPENCLAW_CODEX_APP_SERVER_BIN", place("lock/codex")),
            ("CODEX_MANAGED_CONFIG", place("managed_config.toml")),
            ("CODEX_HOME", place("home/.codex")),
            ("HOME", place("home")),
            ("MODEL_LOCK_WAIT", "1".to_owned()),
            (
                "PATH",
                format!("{}:{}:/usr/bin:/bin", place("lock"), place("bin")),
            ),
        ];
        for (name, value) in variables {
            stage.set(name, &value);
        }
        let image = Self {
            stage,
            port: Some(port),
        };
        image.seal(0o444);
        image
    }

    fn seal(&self, mode: u32) {
        let file = self.stage.place("managed_config.toml");
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Runs it as somebody who is not root, whom the mode of a file binds.
    fn run(&self, command: &[&str]) -> Finished {
        let script = of_the_repository("deploy/compose/openclaw/entrypoint.sh");
        let script = script.to_str().unwrap();
        if !rustix::process::geteuid().is_root() {
            return self.stage.run("/bin/bash", &[&[script], command].concat());
        }
        let drop = [
            "--bounding-set=-all",
            "--inh-caps=-all",
            "/bin/bash",
            script,
        ];
        self.stage
            .run("/usr/bin/setpriv", &[&drop, command].concat())
    }
}

/// A codex that is logged in where its home says so, and that would tell a part of the key.
const CODEX: &str = "#!/bin/sh
case $* in
    *'login status') grep -q good \"$CODEX_HOME/auth.json\" && echo 'Logged in using an API key - sk-secret***' ;;
    --version) echo 'codex-cli 0.154.0' ;;
esac
";

#[test]
fn entrypoint_execs_the_server() {
    let image = Image::new();
    let finished = image.run(&["server", "--port", "18789"]);
    assert_eq!(finished.status.code(), Some(0), "{}", finished.err());
    // Nothing stands between: who started the entrypoint is the parent of the server.
    let expected = format!("server of {} --port 18789\n", std::process::id());
    assert_eq!(finished.out(), expected);
    let lines = lines(&finished);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let output = |name: &str| {
        lines
            .iter()
            .find_map(|line| line.get(name).map(String::as_str))
    };
    assert_eq!(output("event"), Some("start"));
    assert_eq!(output("model"), Some(PIN));
    assert_eq!(output("mode"), Some("force"));
}

type Arrange = fn(&mut Image);

/// Each step that can fail: its status, what to do, and how it comes to be.
static STEPS: [(i32, &str, Arrange); 20] = [
    (78, "name the one model", |i| {
        i.stage.unset("OPENCLAW_MODEL");
    }),
    (78, "name the one model", |i| {
        i.stage.set("OPENCLAW_MODEL", "");
    }),
    (78, "name the one model", |i| {
        i.stage.set("OPENCLAW_MODEL", " \t");
    }),
    (78, "set it to force, reject or report_only", |i| {
        i.stage.set("OPENCLAW_MODEL_LOCK_MODE", "Force");
    }),
    (78, "see `model-lock check`", |i| {
        i.stage
            .set("MODEL_LOCK_DISCLOSE_MODEL_IN_ERRORS", "perhaps");
    }),
    (70, "build the image with model-lock in it", |i| {
        fs::remove_file(i.stage.place("lock/codex")).unwrap();
    }),
    (70, "first on PATH", |i| {
        let path = format!(
            "{0}/bin:{0}/lock:/usr/bin:/bin",
            i.stage.place("").display()
        );
        i.stage.set("PATH", &path);
    }),
    (70, "set OPENCLAW_CODEX_APP_SERVER_BIN=", |i| {
        i.stage.unset("OPENCLAW_CODEX_APP_SERVER_BIN");
    }),
    (70, "set OPENCLAW_CODEX_APP_SERVER_BIN=", |i| {
        i.stage
            .set("OPENCLAW_CODEX_APP_SERVER_BIN", "/usr/bin/codex");
    }),
    (127, "install @openai/codex", |i| {
        fs::remove_file(i.stage.place("bin/codex")).unwrap();
    }),
    (71, "set it to the proxy's URL", |i| {
        i.stage.unset("MODEL_LOCK_PROXY");
    }),
    (71, "set it to the proxy's URL", |i| {
        i.stage.set("MODEL_LOCK_PROXY", "off");
    }),
    (71, "is missing: mount it", |i| {
        fs::remove_file(i.stage.place("managed_config.toml")).unwrap();
    }),
    (71, "can be changed by the agent", |i| i.seal(0o644)),
    (71, "does not lead codex to", |i| {
        rewrite(i, "127.0.0.1", "127.0.0.2");
    }),
    (71, "does not name the model gpt-5.5", |i| {
        rewrite(i, PIN, "other");
    }),
    (72, "start the service model-lock", |i| i.port = None),
    (73, "mount OpenClaw's own auth volume", |i| {
        i.stage.set("CODEX_HOME", "/nonexistent");
    }),
    (74, "run tools/bootstrap-openclaw-codex-volume.sh", |i| {
        i.stage.write("home/.codex/auth.json", "bad");
    }),
    (127, "server is not there", |i| {
        fs::remove_file(i.stage.place("bin/server")).unwrap();
    }),
];

#[test]
fn entrypoint_step_that_fails_ends_it_and_says_what_to_do() {
    for (status, message, arrange) in STEPS {
        let mut image = Image::new();
        arrange(&mut image);
        let finished = image.run(&["server"]);
        let lines = log_entries(&finished);
        assert_eq!(finished.status.code(), Some(status), "{message}: {lines:?}");
        assert_eq!(lines.len(), 1, "{message}: {lines:?}");
        assert!(
            lines
                .iter()
                .all(|(level, text)| level == "error" && text.contains(message)),
            "{message}: {lines:?}"
        );
        assert_eq!(finished.out(), "", "nothing was started");
        assert!(!finished.err().contains("sk-"));
    }
}

fn rewrite(image: &Image, from: &str, to: &str) {
    let text = image.stage.read("managed_config.toml").replace(from, to);
    fs::remove_file(image.stage.place("managed_config.toml")).unwrap();
    image.stage.write("managed_config.toml", &text);
    image.seal(0o444);
}

#[test]
fn entrypoint_without_server_fails() {
    let finished = Image::new().run(&[]);
    assert_eq!(finished.status.code(), Some(64));
    assert_eq!(log_entries(&finished).len(), 1);
}

/// The name of a model is an operator's text; the log stays one JSON object a line.
#[test]
fn entrypoint_message_with_a_model_name_stays_one_json_line() {
    let mut image = Image::new();
    image
        .stage
        .set("OPENCLAW_MODEL_LOCK_MODE", "\"},\n{\"level\":\"info\" \\");
    let finished = image.run(&["server"]);
    assert_eq!(finished.status.code(), Some(78));
    assert_eq!(log_entries(&finished).len(), 1, "{}", finished.err());
}
