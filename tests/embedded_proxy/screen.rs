//! A pseudo-terminal with somebody at it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A program on a terminal of its own.
pub(crate) struct Screen {
    master: File,
    child: Child,
    shown: Arc<Shown>,
}

#[derive(Default)]
struct Shown {
    text: Mutex<String>,
    changed: Condvar,
}

impl Screen {
    /// Starts a program as the leader of a terminal.
    pub(crate) fn start(command: &Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let master = File::from(master);
        resize(&master, 40, 120);
        // A session needs a call between fork and exec, which is not safe: a program does it.
        let mut leader = Command::new("/usr/bin/setsid");
        leader.arg("--ctty").arg(command.get_program());
        leader.args(command.get_args()).env_clear();
        leader.current_dir(command.get_current_dir().unwrap());
        for (name, value) in command.get_envs() {
            leader.env(name, value.unwrap());
        }
        leader.env("TERM", "xterm-256color");
        let [input, output, error] = [(); 3].map(|()| Stdio::from(slave.try_clone().unwrap()));
        let child = leader
            .stdin(input)
            .stdout(output)
            .stderr(error)
            .spawn()
            .unwrap();
        let shown = Arc::<Shown>::default();
        let screen = Self {
            master: master.try_clone().unwrap(),
            child,
            shown: Arc::clone(&shown),
        };
        thread::spawn(move || look(master, &shown));
        screen
    }

    /// Waits until something was shown, ever.
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_behind(0, text);
    }

    /// How much was shown until now.
    pub(crate) fn length(&self) -> usize {
        self.shown.text.lock().unwrap().len()
    }

    /// Types until something is shown behind a length: what has just been drawn takes no keys at first.
    pub(crate) fn keys_until(&mut self, keys: &str, length: usize, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.shows(length, text, AGAIN) {
            assert!(
                Instant::now() < until,
                "no {text:?} in {}",
                self.behind(length)
            );
            self.keys(keys);
        }
    }

    /// Waits until codex works at nothing, which the window's title tells.
    pub(crate) fn wait_until_idle(&self) {
        let idle = self.becomes(is_idle, PATIENCE);
        assert!(idle, "it goes on and on: {}", self.behind(0));
    }

    fn shows(&self, length: usize, text: &str, within: Duration) -> bool {
        self.becomes(|shown| behind(shown, length).contains(text), within)
    }

    fn becomes(&self, like: impl Fn(&str) -> bool, within: Duration) -> bool {
        let shown = self.shown.text.lock().unwrap();
        let changed = &self.shown.changed;
        let waited = changed.wait_timeout_while(shown, within, |shown| !like(shown));
        !waited.unwrap().1.timed_out()
    }

    /// What was shown behind a length.
    pub(crate) fn behind(&self, length: usize) -> String {
        behind(&self.shown.text.lock().unwrap(), length)
    }

    /// Waits until something was shown behind a length.
    pub(crate) fn wait_behind(&self, length: usize, text: &str) {
        let found = self.shows(length, text, PATIENCE);
        assert!(found, "no {text:?} in {}", self.behind(length));
    }

    /// Types.
    pub(crate) fn keys(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Makes the window another size.
    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        resize(&self.master, rows, columns);
    }

    /// Types until the program ends.
    pub(crate) fn end_by(&mut self, keys: &str) -> ExitStatus {
        let (until, length) = (Instant::now() + PATIENCE, self.length());
        loop {
            self.keys(keys);
            if let Some(status) = self.ended() {
                return status;
            }
            let report = "it does not end, and shows";
            assert!(Instant::now() < until, "{report} {:?}", self.behind(length));
        }
    }

    /// How the program ended, if it does so at once.
    fn ended(&mut self) -> Option<ExitStatus> {
        let until = Instant::now() + AGAIN;
        loop {
            let status = self.child.try_wait().unwrap();
            if status.is_some() || Instant::now() > until {
                return status;
            }
            thread::yield_now();
        }
    }

    /// Waits for the program's end.
    pub(crate) fn end(mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(Instant::now() < until, "it does not end");
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

fn resize(terminal: &File, rows: u16, columns: u16) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(terminal.as_fd(), size).unwrap();
}

/// Reads the screen, and answers what a terminal answers by itself.
fn look(mut master: File, shown: &Shown) {
    let mut chunk = [0; 4096];
    while let Ok(length @ 1..) = master.read(&mut chunk) {
        let text = String::from_utf8_lossy(chunk.get(..length).unwrap_or_default()).into_owned();
        for (question, answer) in [("\x1b[6n", "\x1b[1;1R"), ("\x1b[c", "\x1b[?1;2c")] {
            if text.contains(question) {
                master.write_all(answer.as_bytes()).unwrap_or_default();
            }
        }
        shown.text.lock().unwrap().push_str(&text);
        shown.changed.notify_all();
    }
}

/// While codex works, a wheel of braille dots turns in front of its title.
fn is_idle(text: &str) -> bool {
    let title = text.rsplit("\x1b]0;").next().unwrap_or_default();
    !title.starts_with(|c| ('\u{2800}'..='\u{28ff}').contains(&c))
}

fn behind(text: &str, length: usize) -> String {
    plain(text.get(length..).unwrap_or_default())
}

/// The text without what moves the cursor. A jump to another codex counts as a blank.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\x1b', Some('[')) => {
                rest.next();
                let end = rest.find(|c| ('@'..='~').contains(c));
                if matches!(end, Some('H' | 'C' | 'G')) && !plain.ends_with(' ') {
                    plain.push(' ');
                }
            }
            ('\x1b', Some(']')) => {
                rest.find(|c| matches!(c, '\x07' | '\\'));
            }
            ('\x1b', Some(_)) => drop(rest.next()),
            (c, _) => plain.push(c),
        }
    }
    plain
}

const PATIENCE: Duration = Duration::from_mins(1);
/// How soon keys are typed again.
const AGAIN: Duration = Duration::from_millis(500);
