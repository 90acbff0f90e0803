//! The lifeline between a parent and a child program: a Unix socket that is
//! the child's standard input.
//!
//! Descriptors and orders go in, readiness and results come out, and the end
//! of the stream means that the other side is gone: a child whose lifeline
//! ends stops, however its parent died. No signal, no pid file, no polling.
//!
//! A frame is a length (u32, little endian) and that many bytes of JSON. The
//! descriptors that belong to a frame travel with its length.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::{Serialize, de::DeserializeOwned};

/// Largest frame, in bytes: a job with a target's configuration fits; who
/// sends more is broken or hostile.
pub const FRAME_LIMIT: usize = 256 * 1024;

/// Most descriptors in one frame.
pub const FD_LIMIT: usize = 8;

/// One end of a lifeline.
#[derive(Debug)]
pub struct Lifeline {
    socket: UnixStream,
}

impl Lifeline {
    /// A new lifeline: the parent's end, and what to give a child as its
    /// standard input.
    ///
    /// # Errors
    /// The process has no descriptors left.
    pub fn pair() -> io::Result<(Self, Stdio)> {
        let (ours, theirs) = Self::ends()?;
        Ok((ours, Stdio::from(theirs)))
    }

    /// As [`pair`](Self::pair), with the child's end as a descriptor.
    ///
    /// # Errors
    /// The process has no descriptors left.
    pub fn ends() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = UnixStream::pair()?;
        Ok((Self { socket: ours }, theirs.into()))
    }

    /// The other end of [`ends`](Self::ends), in this same process.
    pub fn of(end: OwnedFd) -> Self {
        Self { socket: end.into() }
    }

    /// The lifeline that a parent gave this process as its standard input,
    /// or `None` when standard input is something else (a terminal, a file).
    ///
    /// Standard input itself then reads from `/dev/null`, so that no child
    /// and no foreign library can reach the lifeline.
    ///
    /// # Errors
    /// `/dev/null` cannot be opened, or no descriptor is left.
    pub fn inherited() -> io::Result<Option<Self>> {
        if rustix::net::sockopt::socket_domain(io::stdin().as_fd())
            != Ok(rustix::net::AddressFamily::UNIX)
        {
            return Ok(None);
        }
        let socket = io::stdin().as_fd().try_clone_to_owned()?;
        rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
        Ok(Some(Self { socket: socket.into() }))
    }

    /// A second handle on the same end, for a thread that only listens.
    ///
    /// # Errors
    /// No descriptor is left.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { socket: self.socket.try_clone()? })
    }

    /// Sends one frame.
    ///
    /// # Errors
    /// The other side is gone, or the frame is larger than [`FRAME_LIMIT`].
    pub fn send<T: Serialize>(&self, frame: &T) -> io::Result<()> {
        self.send_with(frame, &[])
    }

    /// Sends one frame together with descriptors.
    ///
    /// # Errors
    /// The other side is gone, or a limit is exceeded.
    pub fn send_with<T: Serialize>(&self, frame: &T, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        let body = serde_json::to_vec(frame)?;
        if body.len() > FRAME_LIMIT || fds.len() > FD_LIMIT {
            let told = format!(
                "a frame of {} bytes and {} descriptors is too large",
                body.len(),
                fds.len()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, told));
        }
        let mut bytes = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
        bytes.extend(body);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FD_LIMIT))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !fds.is_empty() {
            ancillary.push(SendAncillaryMessage::ScmRights(fds));
        }
        let sent = rustix::io::retry_on_intr(|| {
            sendmsg(&self.socket, &[IoSlice::new(&bytes)], &mut ancillary, SendFlags::NOSIGNAL)
        })?;
        (&self.socket).write_all(&bytes[sent..])
    }

    /// Receives one frame; `None` when the other side is gone.
    ///
    /// # Errors
    /// The frame is too large, torn, or not what is expected here.
    pub fn recv<T: DeserializeOwned>(&self) -> io::Result<Option<T>> {
        Ok(self.recv_with()?.map(|(frame, _)| frame))
    }

    /// Receives one frame and the descriptors that came with it; `None` when
    /// the other side is gone.
    ///
    /// # Errors
    /// The frame is too large, torn, or not what is expected here.
    pub fn recv_with<T: DeserializeOwned>(&self) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
        let mut length = [0u8; 4];
        let mut fds = Vec::new();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FD_LIMIT))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let got = match rustix::io::retry_on_intr(|| {
            let flags = RecvFlags::CMSG_CLOEXEC;
            recvmsg(&self.socket, &mut [IoSliceMut::new(&mut length)], &mut ancillary, flags)
        }) {
            Ok(message) => message.bytes,
            // A peer that was killed with unread frames resets the stream.
            Err(rustix::io::Errno::CONNRESET) => 0,
            Err(error) => return Err(error.into()),
        };
        for message in ancillary.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = message {
                fds.extend(rights);
            }
        }
        if got == 0 {
            return Ok(None);
        }
        (&self.socket).read_exact(&mut length[got..])?;
        let length = u32::from_le_bytes(length) as usize;
        if length > FRAME_LIMIT {
            let told = format!("a frame of {length} bytes is over the limit of {FRAME_LIMIT}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, told));
        }
        let mut body = vec![0; length];
        (&self.socket).read_exact(&mut body)?;
        Ok(Some((serde_json::from_slice(&body)?, fds)))
    }
}

impl AsFd for Lifeline {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends() -> (Lifeline, Lifeline) {
        let (a, b) = UnixStream::pair().unwrap();
        (Lifeline { socket: a }, Lifeline { socket: b })
    }

    #[test]
    fn a_frame_arrives_whole_with_its_descriptors() {
        let (parent, child) = ends();
        let file = tempfile_with(b"hello");
        parent.send_with(&"take this", &[file.as_fd()]).unwrap();
        parent.send(&42).unwrap();
        let (text, fds): (String, _) = child.recv_with().unwrap().unwrap();
        assert_eq!(text, "take this");
        let mut read = String::new();
        std::fs::File::from(fds.into_iter().next().unwrap()).read_to_string(&mut read).unwrap();
        assert_eq!(read, "hello");
        assert_eq!(child.recv::<u32>().unwrap(), Some(42));
    }

    #[test]
    fn the_end_of_the_other_side_is_none() {
        let (parent, child) = ends();
        drop(parent);
        assert_eq!(child.recv::<u32>().unwrap(), None);
    }

    #[test]
    fn a_giant_or_foreign_frame_is_an_error() {
        let (parent, child) = ends();
        assert!(parent.send(&"x".repeat(FRAME_LIMIT)).is_err());
        (&parent.socket).write_all(&[0xff; 8]).unwrap();
        assert!(child.recv::<u32>().is_err());
    }

    fn tempfile_with(bytes: &[u8]) -> std::fs::File {
        use std::io::Seek;
        let fd = rustix::fs::memfd_create("lifeline", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        let mut file = std::fs::File::from(fd);
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file
    }
}
