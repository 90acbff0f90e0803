//! Room for connections: a limit on all of them, and one for each address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mf_core::error::{Code, Error};

/// Counts who is connected.
#[derive(Debug)]
pub struct Room {
    most: usize,
    most_of_one: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of: HashMap<IpAddr, usize>,
}

/// A place in the room; given back when it is dropped.
#[derive(Debug)]
pub struct Seat {
    room: Arc<Room>,
    of: IpAddr,
}

impl Room {
    /// Room for so many, and so many from one address.
    pub fn new(most: usize, most_of_one: usize) -> Arc<Self> {
        Arc::new(Self { most, most_of_one, taken: Mutex::default() })
    }

    /// A place for whoever connects from `address`.
    ///
    /// # Errors
    /// [`Code::Busy`] when the room is full, [`Code::TooMany`] when it is for
    /// this address.
    pub fn take(self: &Arc<Self>, address: IpAddr) -> Result<Seat, Error> {
        let of = network(address);
        let mut taken = self.taken();
        if taken.all >= self.most {
            let told = format!("{} are connected already; try again in a second", self.most);
            return Err(Error::new(Code::Busy, told));
        }
        let mine = taken.of.entry(of).or_default();
        if *mine >= self.most_of_one {
            let told = format!("{of} has {mine} connections already; close some of them");
            return Err(Error::new(Code::TooMany, told));
        }
        *mine += 1;
        taken.all += 1;
        Ok(Seat { room: Arc::clone(self), of })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.room.taken();
        taken.all -= 1;
        if let Some(mine) = taken.of.get_mut(&self.of) {
            *mine -= 1;
            if *mine == 0 {
                taken.of.remove(&self.of);
            }
        }
    }
}

/// Who has one address of IPv6 has all of a /64.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_leaves_room_for_others_and_all_have_a_limit() {
        let room = Room::new(3, 2);
        let take = |address: &str| room.take(address.parse().unwrap()).map_err(|e| e.code);
        let first = take("10.0.0.1").unwrap();
        let _second = take("::ffff:10.0.0.1").unwrap();
        assert_eq!(take("10.0.0.1").unwrap_err(), Code::TooMany);
        let other = take("fd00::1").unwrap();
        assert_eq!(take("10.0.0.2").unwrap_err(), Code::Busy);
        drop(first);
        let _again = take("fd00::2").unwrap();
        drop(other);
        let _again = take("fd00::3").unwrap();
        assert_eq!(room.taken().of.len(), 2, "a network is one");
    }
}
