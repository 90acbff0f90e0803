//! The only place that loads a library.

use std::ffi::c_void;
use std::os::fd::{AsRawFd, OwnedFd};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use monkeyfarm_plugin_api::abi::{HEADER_SYMBOL, Loaded, Refusal};

/// Loads a plugin from its sealed image. It is never unloaded: the process is
/// used once.
///
/// # Errors
/// It cannot be loaded, or was built for another host.
pub fn load(image: &OwnedFd) -> Result<Loaded, Refusal> {
    let path = format!("/proc/self/fd/{}", image.as_raw_fd());
    let refusal = |error: &libloading::Error| {
        let told = error.to_string();
        // The path is this process's own affair.
        let sentence = told.strip_prefix(&format!("{path}: ")).unwrap_or(&told).to_owned();
        Refusal { sentence, details: String::new() }
    };
    // SAFETY: this runs the library's constructors, which is why it happens
    // in a process that holds nothing, after the file was checked.
    let library = unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_LOCAL) };
    let library = library.map_err(|error| refusal(&error))?;
    // SAFETY: only the symbol's address is taken.
    let header = unsafe { library.get::<*const c_void>(HEADER_SYMBOL) }
        .map_err(|error| refusal(&error))?
        .into_raw();
    std::mem::forget(library);
    // SAFETY: the address of that symbol, in a library that stays.
    unsafe { Loaded::from_symbol(header) }
}
