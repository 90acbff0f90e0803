//! A real ssh server, as an ordinary process for each connection.

use std::fs;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{listen, run};

/// An ssh server that lets the user of this test in.
#[derive(Clone, Debug)]
pub struct Sshd {
    /// Where it listens.
    pub address: SocketAddr,
    /// Who may log in.
    pub user: String,
    /// With this key.
    pub identity_file: PathBuf,
    /// What the server shows.
    pub known_hosts: PathBuf,
}

/// Starts it, with its files in `dir`.
pub fn serve(dir: &Path) -> Sshd {
    let path = |name: &str| dir.join(name);
    for key in ["host", "user"] {
        let file = path(key);
        run(dir, "ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", file.to_str().unwrap()]);
    }
    fs::copy(path("user.pub"), path("authorized")).unwrap();
    let (host, authorized) = (path("host"), path("authorized"));
    let config = format!(
        "HostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n",
        host.display(),
        authorized.display()
    );
    fs::write(path("sshd_config"), config).unwrap();
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        // As the service's own unit makes it.
        fs::create_dir_all("/run/sshd").unwrap();
    }
    let config = path("sshd_config");
    let address = listen(move |connection| {
        let stdin = OwnedFd::from(connection);
        let stdout = stdin.try_clone().unwrap();
        let mut sshd = Command::new("/usr/sbin/sshd");
        sshd.args(["-i", "-e", "-f"]).arg(&config).env_clear();
        sshd.stdin(stdin).stdout(stdout).stderr(Stdio::null()).status().unwrap();
    });
    let key = fs::read_to_string(path("host.pub")).unwrap();
    let known = format!("[{}]:{} {key}", address.ip(), address.port());
    fs::write(path("known_hosts"), known).unwrap();
    Sshd {
        address,
        user: run(dir, "id", &["-un"]),
        identity_file: path("user"),
        known_hosts: path("known_hosts"),
    }
}
