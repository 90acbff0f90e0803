//! Passes on what a plugin logs when it is not working for a task.

use std::io::Read;

use crate::plugin::last_words;
use crate::plugin::mask::{Masker, Secrets};

/// How much is read at a time, and the longest line that is waited for.
const BLOCK: usize = 16 * 1024;

/// Longest line that is told, in characters.
const LINE_LIMIT: usize = 2_000;

/// Tells it line by line, with the name of who said it and without secrets,
/// until nobody is left to write; gives the end of it.
pub fn tell(name: &str, mut log: impl Read, secrets: &Secrets) -> String {
    let mut masker = Masker::new(secrets);
    let (mut block, mut text, mut end) = (vec![0; BLOCK], Vec::new(), Vec::new());
    loop {
        let length = log.read(&mut block).unwrap_or(0);
        let before = text.len();
        match length {
            0 => masker.finish(&mut text),
            _ => masker.push(&block[..length], &mut text),
        }
        end.extend_from_slice(&text[before..]);
        end.drain(..end.len().saturating_sub(last_words::LIMIT as usize));
        while let Some(at) = text.iter().position(|byte| *byte == b'\n') {
            line(name, &text[..at]);
            text.drain(..=at);
        }
        if text.len() > BLOCK || (length == 0 && !text.is_empty()) {
            line(name, &text);
            text.clear();
        }
        if length == 0 {
            return String::from_utf8_lossy(&end).into_owned();
        }
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
