//! Giving memory that is no longer used back to the kernel.

/// Size in bytes from which a freed block is returned to the system; a daemon
/// has few such blocks at a time.
#[cfg(target_env = "gnu")]
const LARGE: libc::c_int = 128 << 10;

/// Returns large blocks to the system as soon as they are freed. By default,
/// glibc raises the threshold when a large block is freed, and keeps blocks up
/// to that size from then on: a plugin that was read once would cost a daemon
/// its size for ever.
///
/// This is glibc's initial threshold; setting it explicitly stops it from
/// growing (mallopt(3), `M_MMAP_THRESHOLD`).
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt takes no pointer, and sets a number under the allocator's
    // own lock. If it fails, only memory is wasted.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}

/// Makes all threads share one heap: for a program whose threads mostly wait.
/// Call it before a second thread is started. Otherwise glibc makes up to eight
/// heaps for each processor, and memory that is freed in one of them cannot be
/// used by the threads of another (mallopt(3), `M_ARENA_MAX`).
pub fn share_heap() {
    #[cfg(target_env = "gnu")]
    // SAFETY: as above.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Returns the free memory between blocks that are in use: for a program that
/// has just freed a lot (malloc_trim(3)).
pub fn trim() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it takes the allocator's own lock; nothing that is in use moves.
    unsafe {
        libc::malloc_trim(0);
    }
}
