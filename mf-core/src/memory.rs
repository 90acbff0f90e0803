//! Giving memory that is no longer used back to the kernel.

/// Blocks of at least so many bytes, of which a daemon has few at a time, go
/// back to the system when they are done with.
#[cfg(target_env = "gnu")]
const LARGE: libc::c_int = 128 << 10;

/// Lets what was large and is done with go back to the system at once. The C
/// library takes one such block for the first of many, and keeps as much from
/// then on: a plugin that was read once would weigh on a daemon for ever.
///
/// It is where glibc begins by itself; said, it stays there (mallopt(3),
/// `M_MMAP_THRESHOLD`).
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it sets a number, under the allocator's own lock. What it refuses
    // costs memory and no more.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}

/// Lets all threads share one heap: for a program whose threads mostly wait.
/// To be called before there is a second thread. The C library otherwise makes
/// up to eight heaps for each processor, and what is freed in one heap is of no
/// use to the threads of another (mallopt(3), `M_ARENA_MAX`).
pub fn share_heap() {
    #[cfg(target_env = "gnu")]
    // SAFETY: as above.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Gives back what is free between what is in use: for a program that has done
/// with much at once (malloc_trim(3)).
pub fn trim() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it takes the allocator's own lock; nothing that is in use moves.
    unsafe {
        libc::malloc_trim(0);
    }
}
