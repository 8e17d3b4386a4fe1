//! Networks of their own: a host with a wire to an internet of one address.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::process::Command;
use std::thread;
use std::time::Duration;

use fake_provider::process::{self, Daemon};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Whether there is what makes networks and rules. Where everything has to be tested, there has to be.
pub(crate) fn can_wire() -> bool {
    let there = Command::new("sh")
        .args(["-c", "command -v nft && command -v ip"])
        .output();
    let there = there.unwrap().status.success();
    let report = "nft and ip are not installed: apt-get install nftables iproute2";
    assert!(there || std::env::var_os("CI").is_none(), "{report}");
    if !there {
        eprintln!("SKIPPED: {report}");
    }
    there
}

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

    /// Lays a wire to another, with a name at each end.
    fn wire(&self, here: &str, to: &Self, there: &str) {
        // The far end goes where a process of that namespace is.
        let mut resident = Command::new("sh");
        resident.args(["-c", "exec sleep 600"]);
        let resident = to.within(|| Daemon::start(&mut resident).unwrap());
        let id = resident.id();
        let wire = format!("link add {here} type veth peer name {there} netns {id}");
        self.within(|| ip(&[&wire]));
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
    host.wire("wire", &internet, "wire");
    host.within(|| ip(&["link set lo up", &addresses("2"), "link set wire up"]));
    internet.within(|| ip(&["link set lo up", &addresses("1"), "link set wire up"]));
    [host, internet]
}

/// A node with pods at these addresses, and the internet, which is on the node too.
pub(crate) fn node(pods: &[&str]) -> (Net, Vec<Net>) {
    let node = Net::new();
    let far = format!("addr add {}/32 dev pods", FAR[0]);
    let bridge = "link add pods type bridge\nlink set pods up\naddr add 10.244.0.1/24 dev pods";
    node.within(|| ip(&["link set lo up", bridge, &far]));
    let pod = |(number, address): (usize, &&str)| {
        let (pod, outside) = (Net::new(), format!("pod{number}"));
        node.wire(&outside, &pod, "eth0");
        let joined = format!("link set {outside} master pods\nlink set {outside} up");
        node.within(|| ip(&[&joined]));
        let own = format!("link set lo up\naddr add {address}/24 dev eth0\nlink set eth0 up");
        pod.within(|| ip(&[&own, "route add default via 10.244.0.1"]));
        pod
    };
    let pods = pods.iter().enumerate().map(pod).collect();
    (node, pods)
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
