//! The children of this process, as the kernel lists them.

use std::io;

use rustix::process::{Pid, getpid};

/// One child, which may have ended already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Child {
    /// Its process id.
    pub pid: Pid,
    /// The session that it is in, as [`own_session`] counts them.
    pub session: i32,
}

/// The session of this process, 0 when its leader is outside of the PID
/// namespace. Read from `/proc` like those of the children, because `getsid`
/// of rustix 1.1 takes such a 0 for impossible and panics.
pub fn own_session() -> io::Result<i32> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, session) = parse(&stat).ok_or(io::ErrorKind::InvalidData)?;
    Ok(session)
}

/// All direct children of this process, whichever of its threads started or
/// inherited them. `/proc` is read as a whole: not every kernel keeps a list
/// of children.
pub fn all() -> io::Result<Vec<Child>> {
    let own = getpid().as_raw_nonzero().get();
    let mut children = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|n| n.parse().ok()).and_then(Pid::from_raw) else {
            continue;
        };
        // What ends while it is being looked at needs no entry.
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))
        else {
            continue;
        };
        if let Some((parent, session)) = parse(&stat)
            && parent == own
        {
            children.push(Child { pid, session });
        }
    }
    Ok(children)
}

/// Parent and session out of `/proc/PID/stat`: `pid (name) state ppid pgrp
/// session …`, where the name may hold anything, brackets too.
fn parse(stat: &str) -> Option<(i32, i32)> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(1);
    let parent = fields.next()?.parse().ok()?;
    let session = fields.nth(1)?.parse().ok()?;
    Some((parent, session))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        assert_eq!(parse("7 (a) b (c)) S 3 7 5 0 -1"), Some((3, 5)));
        assert_eq!(parse("7 torn"), None);
    }

    #[test]
    fn a_child_begins_in_the_session_of_its_parent() {
        let mut child =
            std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let of_child = all()
            .unwrap()
            .iter()
            .find(|c| c.pid.as_raw_nonzero().get().unsigned_abs() == child.id())
            .map(|c| c.session);
        assert_eq!(of_child, Some(own_session().unwrap()));
        drop(child.stdin.take());
        child.wait().unwrap();
    }

    #[test]
    fn a_child_is_listed_until_it_is_waited_for() {
        let mut child =
            std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let listed = || {
            all().unwrap().iter().any(|c| c.pid.as_raw_nonzero().get().unsigned_abs() == child.id())
        };
        assert!(listed());
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(
            !all()
                .unwrap()
                .iter()
                .any(|c| { c.pid.as_raw_nonzero().get().unsigned_abs() == child.id() })
        );
    }
}
