//! A clock that somebody sets: loaded before a program (`LD_PRELOAD`), it adds
//! to the time of day what stands in the file that `MF_TEST_CLOCK` names, in
//! seconds; or stands still at the second that it gives after an `@`. The program is the real one; all that runs by other clocks, such
//! as every wait, is as it was.

use std::fs::File;
use std::mem::MaybeUninit;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;

/// The time of day, to `clock_gettime`.
const REALTIME: i32 = 0;

/// What `clock_gettime` fills in on 64-bit Linux.
#[repr(C)]
pub struct Time {
    seconds: i64,
    nanoseconds: i64,
}

/// What the file says of the time of day.
enum Said {
    /// So many seconds are added.
    Ahead(i64),
    /// It is this second, and stays so.
    Still(i64),
}

fn said() -> Said {
    static FILE: OnceLock<Option<File>> = OnceLock::new();
    let file = FILE.get_or_init(|| File::open(std::env::var_os("MF_TEST_CLOCK")?).ok());
    let mut text = [0; 20];
    let length = file.as_ref().and_then(|file| file.read_at(&mut text, 0).ok()).unwrap_or(0);
    let text = std::str::from_utf8(&text[..length]).unwrap_or_default().trim();
    let number = |text: &str| text.trim().parse().ok();
    match text.strip_prefix('@').and_then(number) {
        Some(second) => Said::Still(second),
        None => Said::Ahead(number(text).unwrap_or(0)),
    }
}

/// Takes the place of the C library's function of that name.
///
/// # Safety
/// As for that: `to` is null, or can be written.
// SAFETY: the name is the C library's, and this does what that does, so that
// who calls it by that name gets what they expect.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: i32, to: *mut Time) -> i32 {
    // The kernel is asked directly, so that this never calls itself.
    let Ok(id) = rustix::time::ClockId::try_from(clock) else { return -1 };
    let now = rustix::time::clock_gettime(id);
    let (seconds, nanoseconds) = match said() {
        Said::Still(second) if clock == REALTIME => (second, 0),
        Said::Ahead(added) if clock == REALTIME => (now.tv_sec + added, now.tv_nsec),
        _ => (now.tv_sec, now.tv_nsec),
    };
    let time = Time { seconds, nanoseconds };
    if !to.is_null() {
        // SAFETY: the caller promises that it can be written.
        unsafe { (*to.cast::<MaybeUninit<Time>>()).write(time) };
    }
    0
}
