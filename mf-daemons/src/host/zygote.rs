//! The zygote of a daemon: a process of this program that has loaded nothing,
//! and of which each keeper is a copy. What a program costs before its first
//! line (it is mapped, and linked) is so paid once, and not by every call.

use std::os::fd::OwnedFd;

use anyhow::{Context, bail};
use mf_core::lifeline::Lifeline;
use rustix::process::setsid;

use super::fork::fork_sibling;
use super::{descriptors, keeper};
use crate::plugin::frame::Born;

/// Gives the daemon a keeper for each lifeline that it sends, until it is
/// gone. The keepers are children of the daemon, which waits for them.
///
/// # Errors
/// The daemon does not keep to the protocol; it sees the end of the lifeline.
pub fn serve() -> anyhow::Result<()> {
    let Some(daemon) = Lifeline::inherited()? else {
        bail!("{} is a part of mf-plugin-host, not for people", super::ZYGOTE);
    };
    // A session of its own: a terminal's Ctrl-C is for the daemon, which ends
    // its calls in order. It is no error to have one already.
    let _ = setsid();
    descriptors::keep_from_children()?;
    while let Some(((), fds)) = daemon.recv_with::<()>()? {
        let [stdin]: [OwnedFd; 1] = fds.try_into().ok().context("a keeper has one lifeline")?;
        let keeper = fork_sibling(stdin, keeper::keep);
        let born: Born = keeper
            .map(|keeper| keeper.as_raw_nonzero().get())
            .map_err(|error| error.raw_os_error().unwrap_or_default());
        daemon.send(&born)?;
    }
    Ok(())
}
