//! What runs on this host, read from `/proc`.

use std::fs;
use std::path::Path;

/// Processes that belong to a farm: of its process group, or at work below
/// its directory. Each as `pid command`.
pub fn of_farm(group: i32, dir: &Path) -> Vec<String> {
    let below = |link: &str| fs::read_link(link).is_ok_and(|path| path.starts_with(dir));
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| {
            stat(*pid).is_some_and(|stat| stat.state != 'Z' && stat.group == group)
                || below(&format!("/proc/{pid}/cwd"))
        })
        .map(|pid| format!("{pid} {}", command(pid)))
        .collect()
}

/// Processes whose command has these words, whoever started them. Each as
/// `pid command`.
pub fn saying(words: &str) -> Vec<String> {
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
        .map(|pid| format!("{pid} {}", command(pid)))
        .filter(|told| told.contains(words))
        .collect()
}

/// Pid of the child of `parent` that runs the program `name`.
pub fn child(parent: i32, name: &str) -> Option<i32> {
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
        .find(|pid| {
            stat(*pid).is_some_and(|stat| stat.parent == parent && stat.state != 'Z')
                && command(*pid).split(' ').next().is_some_and(|argv0| argv0.ends_with(name))
        })
}

/// How many processes are below `pid`.
pub fn descendants(pid: i32) -> usize {
    below(pid).len()
}

/// The processes below `pid`.
pub fn below(pid: i32) -> Vec<i32> {
    let all: Vec<(i32, i32)> = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
        .filter_map(|pid| Some((pid, stat(pid)?.parent)))
        .collect();
    let (mut left, mut found) = (vec![pid], Vec::new());
    while let Some(parent) = left.pop() {
        let children = all.iter().filter(|(_, its)| *its == parent).map(|(pid, _)| *pid);
        let before = left.len();
        left.extend(children);
        found.extend_from_slice(&left[before..]);
    }
    found
}

/// The parent of a process, if that runs.
pub fn parent(pid: i32) -> Option<i32> {
    stat(pid).map(|stat| stat.parent)
}

struct Stat {
    state: char,
    parent: i32,
    group: i32,
}

fn stat(pid: i32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may itself hold anything, also parentheses.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    Some(Stat {
        state: fields.next()?.chars().next()?,
        parent: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
    })
}

fn command(pid: i32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ").trim().to_owned()
}
