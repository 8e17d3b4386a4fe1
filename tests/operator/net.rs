//! Networks of their own: a host with a wire to an internet of one address.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::process::Command;
use std::thread;
use std::time::Duration;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use standin::process::{self, Daemon};

/// A network namespace. It is gone when nobody is in it and nobody has this.
pub(crate) struct Net(File);

impl Net {
    fn new() -> Self {
        // Whoever makes it may go as soon as it is open here.
        let mut holder = Command::new("unshare");
        holder.args(["-n", "sh", "-c", "echo up >&2; exec sleep 600"]);
        let holder = Daemon::start(&mut holder).unwrap();
        let up = holder.wait_for(|line| line == "up", SOON);
        assert!(up.is_some(), "no network namespace: {:?}", holder.lines());
        Self(File::open(format!("/proc/{}/ns/net", holder.id())).unwrap())
    }

    /// Does something in it: what is opened and started there stays there.
    pub(crate) fn within<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        thread::scope(|scope| {
            let there = scope.spawn(|| {
                move_into_link_name_space(self.0.as_fd(), Some(LinkNameSpaceType::Network))
                    .unwrap();
                work()
            });
            there
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

/// A host, and the internet that it has a wire to.
pub(crate) fn wired() -> [Net; 2] {
    let [host, internet] = [Net::new(), Net::new()];
    // The far end of the wire is put where a process of that namespace is.
    let mut there = Command::new("sh");
    there.args(["-c", "echo up >&2; exec sleep 600"]);
    let there = internet.within(|| Daemon::start(&mut there).unwrap());
    let wire = format!(
        "link add wire type veth peer name wire netns {}",
        there.id()
    );
    host.within(|| ip(&[&wire, "link set lo up"]));
    host.within(|| ip(&[&addresses("2"), "link set wire up"]));
    internet.within(|| ip(&["link set lo up", &addresses("1"), "link set wire up"]));
    [host, internet]
}

/// Lines of `ip`, each of which has to work.
fn ip(lines: &[&str]) {
    for line in lines.iter().flat_map(|lines| lines.lines()) {
        let done = process::run(Command::new("ip").args(line.split(' ')), SOON).unwrap();
        assert!(done.status.success(), "ip {line}: {}", done.err());
    }
}

/// Addresses that documents may use, and nobody has.
fn addresses(last: &str) -> String {
    format!("addr add 198.51.100.{last}/24 dev wire\naddr add 2001:db8::{last}/64 dev wire nodad")
}

/// Where the internet is.
pub(crate) const FAR: [&str; 2] = ["198.51.100.1", "2001:db8::1"];
const SOON: Duration = Duration::from_mins(1);
