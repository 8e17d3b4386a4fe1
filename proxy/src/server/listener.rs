//! A socket that takes requests: a TCP port, or a path in the file system that the socket's owner alone may use.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Mode, fchmod};
use rustix::net::sockopt;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixSocket, UnixStream};
use tokio_util::either::Either;

use crate::listen_address::ListenAddress;

/// A connection of either kind.
pub(crate) type Socket = Either<TcpStream, UnixStream>;

/// A bound socket.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: Bound,
    address: ListenAddress,
}

#[derive(Debug)]
enum Bound {
    Tcp(TcpListener),
    Unix {
        listener: UnixListener,
        _own: OwnPath,
    },
}

impl Listener {
    /// Binds a socket. A path gets mode 0600; a socket that stands there is replaced if nobody listens on it.
    ///
    /// # Errors
    ///
    /// The address is in use, or the path is something else than a socket.
    pub(super) async fn bind(address: &ListenAddress) -> io::Result<Self> {
        match address {
            ListenAddress::Tcp(address) => {
                let listener = TcpListener::bind(address).await?;
                let address = ListenAddress::Tcp(listener.local_addr()?);
                let socket = Bound::Tcp(listener);
                Ok(Self { socket, address })
            }
            ListenAddress::Unix(path) => {
                remove_stale(path)?;
                let address = address.clone();
                let (listener, own) = bind_path(path)?;
                let socket = Bound::Unix {
                    listener,
                    _own: own,
                };
                Ok(Self { socket, address })
            }
        }
    }

    /// Returns the address: the real port where 0 was asked for.
    pub(super) fn address(&self) -> &ListenAddress {
        &self.address
    }

    /// Waits for the next connection.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no connection.
    pub(super) async fn accept(&self) -> io::Result<Socket> {
        match &self.socket {
            Bound::Tcp(listener) => {
                let (socket, _) = listener.accept().await?;
                if let Err(error) = prepare(&socket) {
                    tracing::debug!(%error, "an option of a socket");
                }
                Ok(Either::Left(socket))
            }
            Bound::Unix { listener, .. } => Ok(Either::Right(listener.accept().await?.0)),
        }
    }

    /// Closes the socket, and returns the connections that waited to be accepted.
    pub(super) fn close(self) -> Vec<Socket> {
        match self.socket {
            Bound::Tcp(listener) => match listener.into_std() {
                Ok(listener) => waiting(|| {
                    let (socket, _) = listener.accept()?;
                    socket.set_nonblocking(true)?;
                    prepare(&socket)?;
                    TcpStream::from_std(socket).map(Either::Left)
                }),
                Err(_) => Vec::new(),
            },
            Bound::Unix { listener, _own } => match listener.into_std() {
                Ok(listener) => waiting(|| {
                    let (socket, _) = listener.accept()?;
                    socket.set_nonblocking(true)?;
                    UnixStream::from_std(socket).map(Either::Right)
                }),
                Err(_) => Vec::new(),
            },
        }
    }
}

/// Sends at once what is written, and asks a silent client whether it is still there.
fn prepare(socket: &impl AsFd) -> io::Result<()> {
    sockopt::set_tcp_nodelay(socket, true)?;
    sockopt::set_socket_keepalive(socket, true)?;
    sockopt::set_tcp_keepidle(socket, KEEPALIVE)?;
    sockopt::set_tcp_keepintvl(socket, KEEPALIVE / 4)?;
    Ok(sockopt::set_tcp_keepcnt(socket, 4)?)
}

/// The time of silence after which a client is asked.
const KEEPALIVE: Duration = Duration::from_mins(1);

/// Takes connections until none waits, or no more can be had.
fn waiting(mut accept: impl FnMut() -> io::Result<Socket>) -> Vec<Socket> {
    std::iter::from_fn(|| accept().ok()).collect()
}

/// The mode is set before the socket has its name: no moment is left in which another user could connect.
fn bind_path(path: &Path) -> io::Result<(UnixListener, OwnPath)> {
    let socket = UnixSocket::new_stream()?;
    fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
    socket.bind(path)?;
    let own = OwnPath::of(path)?;
    Ok((socket.listen(BACKLOG)?, own))
}

/// Connections that wait to be accepted, as many as the library has for TCP.
const BACKLOG: u32 = 1024;

/// Removes a socket that a process has left behind.
fn remove_stale(path: &Path) -> io::Result<()> {
    let found = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !found.file_type().is_socket() {
        let what = "something else than a socket is there";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, what));
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path)
        }
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
    }
}

/// The path of a socket of our own, which is removed with it; one that another process has put there stays.
#[derive(Debug)]
struct OwnPath {
    path: PathBuf,
    inode: (u64, u64),
}

impl OwnPath {
    fn of(path: &Path) -> io::Result<Self> {
        let inode = inode(path)?;
        let path = path.to_owned();
        Ok(Self { path, inode })
    }
}

impl Drop for OwnPath {
    fn drop(&mut self) {
        let is_own = inode(&self.path).is_ok_and(|inode| inode == self.inode);
        if is_own && let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the socket cannot be removed");
        }
    }
}

fn inode(path: &Path) -> io::Result<(u64, u64)> {
    let found = std::fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    async fn bind(path: &Path) -> io::Result<Listener> {
        Listener::bind(&ListenAddress::Unix(path.to_owned())).await
    }

    fn directory() -> PathBuf {
        let name = format!("model-lock-listener-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).unwrap();
        directory
    }

    #[tokio::test]
    async fn socket_is_its_owners_and_goes_with_the_listener() {
        let path = directory().join("own");
        let listener = bind(&path).await.unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let used = bind(&path).await.unwrap_err();
        assert_eq!(used.kind(), io::ErrorKind::AddrInUse);
        drop(listener);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn stale_socket_is_replaced_and_nothing_else_is() {
        let path = directory().join("stale");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "it was left behind");
        let listener = bind(&path).await.unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "another's").unwrap();
        drop(listener);
        assert!(path.exists(), "it is not ours any more");
        let file = bind(&path).await.unwrap_err();
        assert_eq!(file.kind(), io::ErrorKind::AlreadyExists);
        std::fs::remove_file(&path).unwrap();
    }
}
