//! Listeners on free ports.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

/// Answers each connection in a thread; all of it ends with the test. The
/// listener is ours: the port is free, and it answers from the start.
pub fn listen(answer: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || answer(connection));
        }
    });
    address
}

/// An address where nothing listens.
pub fn deserted() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
