//! Tells what a plugin logs when it works for no task.

use std::io::Read;

use crate::worker::mask::{Masker, Secrets};

/// How much is read at a time, and the longest line that is waited for.
const BLOCK: usize = 16 * 1024;

/// Longest line that is told, in characters.
const LINE_LIMIT: usize = 2_000;

/// Tells it line by line, with the name of who said it and without secrets,
/// until nobody is left to write.
pub fn tell(name: &str, mut log: impl Read, secrets: &Secrets) {
    let mut masker = Masker::new(secrets);
    let (mut block, mut text) = (vec![0; BLOCK], Vec::new());
    while let Ok(length @ 1..) = log.read(&mut block) {
        masker.push(&block[..length], &mut text);
        while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
            line(name, &text[..end]);
            text.drain(..=end);
        }
        if text.len() > BLOCK {
            line(name, &text);
            text.clear();
        }
    }
    masker.finish(&mut text);
    if !text.is_empty() {
        line(name, &text);
    }
}

fn line(name: &str, bytes: &[u8]) {
    let text: String = String::from_utf8_lossy(bytes)
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(LINE_LIMIT)
        .collect();
    tracing::info!("{name}: {}", text.trim_end());
}
