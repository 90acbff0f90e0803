//! What a host of plugin API 1.0 does with a plugin: loads it, checks the
//! layouts of a kind, and calls a handler. Arguments: file, kind, label, job.

use std::sync::Arc;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use monkeyfarm_plugin_api::abi::{HEADER_SYMBOL, Loaded};
use monkeyfarm_plugin_api::kit::Recorder;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, file, kind, label, job] = arguments.as_slice() else { panic!("four arguments") };
    // SAFETY: a plugin that the test has built; it is never unloaded.
    let library = unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL) }.unwrap();
    // SAFETY: only the symbol's address is taken.
    let header = unsafe { library.get::<*const std::ffi::c_void>(HEADER_SYMBOL.as_bytes()) };
    let header = header.unwrap().into_raw();
    std::mem::forget(library);
    // SAFETY: the address of that symbol, in a library that stays.
    let plugin = unsafe { Loaded::from_symbol(header.cast()) }.unwrap_or_else(|r| panic!("{}", r.sentence));
    plugin.check(kind).unwrap_or_else(|refusal| panic!("{}", refusal.sentence));
    let farm = Arc::new(Recorder::new());
    let answer = plugin.call(kind, label, job.as_bytes(), farm.clone());
    let answer = answer.unwrap_or_else(|refusal| panic!("{}", refusal.sentence));
    println!("{} {:?}", String::from_utf8_lossy(&answer), farm.log());
}
