//! Takes secrets out of a stream of bytes, wherever its blocks are cut.

use std::collections::BTreeSet;

use memchr::memmem::Finder;

/// What stands in a log in place of a secret.
const MASK: &[u8] = b"***";

/// A secret shorter than this is not looked for: it would be found everywhere,
/// and what is left of the log would tell it.
const SHORTEST: usize = 4;

/// A line of a secret of several lines is looked for by itself from this
/// length on; a shorter one, such as `}`, says nothing.
const SHORTEST_LINE: usize = 8;

/// The secrets to take out; made once, used by any number of streams.
#[derive(Debug, Default)]
pub struct Secrets {
    finders: Vec<Finder<'static>>,
}

impl Secrets {
    /// Looks for each of `secrets` as it stands, for each of its lines, and
    /// for what base64 makes of it anywhere in a text.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut needles = BTreeSet::new();
        for secret in secrets {
            let secret = secret.trim().as_bytes();
            if secret.len() < SHORTEST {
                continue;
            }
            needles.insert(secret.to_vec());
            let lines = secret.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
            needles.extend(lines.filter(|line| line.len() >= SHORTEST_LINE).map(<[u8]>::to_vec));
            needles.extend(base64_cores(secret).filter(|core| core.len() >= SHORTEST_LINE));
        }
        Self { finders: needles.iter().map(|n| Finder::new(n).into_owned()).collect() }
    }

    /// A text without them.
    pub fn masked(&self, text: &str) -> String {
        let (mut masker, mut out) = (Masker::new(self), Vec::new());
        masker.push(text.as_bytes(), &mut out);
        masker.finish(&mut out);
        // A secret is text itself, so that whole characters are taken out.
        String::from_utf8_lossy(&out).into_owned()
    }

    /// Where in `bytes` secrets are, overlapping ones joined, in order.
    fn found(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let mut all: Vec<(usize, usize)> = Vec::new();
        for finder in &self.finders {
            let length = finder.needle().len();
            let mut from = 0;
            while let Some(at) = finder.find(&bytes[from..]) {
                all.push((from + at, from + at + length));
                from += at + 1;
            }
        }
        all.sort_unstable();
        let mut joined: Vec<(usize, usize)> = Vec::new();
        for (start, end) in all {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        joined
    }

    /// Where the end of `bytes` may be the beginning of a secret.
    fn may_begin(&self, bytes: &[u8]) -> usize {
        let begins = |finder: &Finder<'_>| {
            let needle = finder.needle();
            let longest = (needle.len() - 1).min(bytes.len());
            (1..=longest).rev().find(|length| bytes.ends_with(&needle[..*length]))
        };
        bytes.len() - self.finders.iter().filter_map(begins).max().unwrap_or(0)
    }
}

/// One stream that secrets are taken out of.
#[derive(Debug)]
pub struct Masker<'a> {
    secrets: &'a Secrets,
    /// What has come and may be the beginning of a secret.
    kept: Vec<u8>,
    /// The mask that was written last also stands for so many bytes of `kept`;
    /// `None` when something else has been shown since.
    covered: Option<usize>,
}

impl<'a> Masker<'a> {
    /// A stream at its beginning.
    pub fn new(secrets: &'a Secrets) -> Self {
        Self { secrets, kept: Vec::new(), covered: None }
    }

    /// Takes a block and gives what can be shown now: all of it, but for an
    /// end that may be the beginning of a secret.
    pub fn push(&mut self, block: &[u8], out: &mut Vec<u8>) {
        if self.secrets.finders.is_empty() {
            out.extend_from_slice(block);
            return;
        }
        self.kept.extend_from_slice(block);
        let cut = self.secrets.may_begin(&self.kept);
        self.release(cut, out);
    }

    /// The stream has ended: gives the rest.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.release(self.kept.len(), out);
    }

    /// Writes the first `cut` bytes of what is kept, masked.
    fn release(&mut self, cut: usize, out: &mut Vec<u8>) {
        let mut covered = self.covered;
        for (start, end) in self.secrets.found(&self.kept) {
            // What begins at the cut or behind it is found again next time.
            if start >= cut {
                break;
            }
            let known = covered.unwrap_or(0);
            if covered.is_none() || start > known {
                out.extend_from_slice(&self.kept[known..start]);
                out.extend_from_slice(MASK);
            }
            covered = Some(end.max(known));
        }
        let known = covered.unwrap_or(0);
        if known < cut {
            out.extend_from_slice(&self.kept[known..cut]);
            covered = None;
        }
        self.covered = covered.map(|known| known - cut);
        self.kept.drain(..cut);
    }
}

/// What base64 makes of `secret` wherever it stands in a longer text: for each
/// of the three places, the letters that it alone decides.
fn base64_cores(secret: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (0..3usize).map(|before| {
        let bit = |at: usize| (secret[at / 8] >> (7 - at % 8)) & 1;
        let bits = secret.len() * 8;
        // The first letter that holds no bit of what stands before.
        let first = (6 - before * 8 % 6) % 6;
        (first..bits)
            .step_by(6)
            .take_while(|at| at + 6 <= bits)
            .map(|at| (at..at + 6).fold(0, |letter, at| letter << 1 | bit(at)))
            .map(|letter| LETTERS[usize::from(letter)])
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secrets: &Secrets, blocks: &[&[u8]]) -> String {
        let mut masker = Masker::new(secrets);
        let mut out = Vec::new();
        for block in blocks {
            masker.push(block, &mut out);
        }
        masker.finish(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_secret_is_found_wherever_the_stream_is_cut() {
        let secrets = Secrets::new(["hunter2", "hunter2000", "ter2-and-more", "aaaa"]);
        let text = b"a hunter2 b hunter2000 c hunter2-and-more d aaaaaaa hunter hunter2hunter2.";
        let whole = masked(&secrets, &[text]);
        assert_eq!(whole, "a *** b *** c *** d *** hunter ***.");
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let blocks = [&text[..first], &text[first..second], &text[second..]];
                assert_eq!(masked(&secrets, &blocks), whole, "cut at {first} and {second}");
            }
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(masked(&secrets, &bytes), whole);
    }

    #[test]
    fn what_cannot_be_a_secret_is_shown_at_once() {
        let secrets = Secrets::new(["hunter2"]);
        let mut masker = Masker::new(&secrets);
        let mut out = Vec::new();
        masker.push(b"a line\n", &mut out);
        assert_eq!(out, b"a line\n");
        masker.push(b"a hun", &mut out);
        assert_eq!(out, b"a line\na ");
        masker.push(b"dred\n", &mut out);
        assert_eq!(out, b"a line\na hundred\n");
    }

    #[test]
    fn base64_and_single_lines_of_a_secret_are_found() {
        let secrets = Secrets::new(["sw0rdf1sh-and-shield", "-----BEGIN\nMIIEowIBAAKC\n}"]);
        // printf 'user:sw0rdf1sh-and-shield', with 'x' and 'xx' before it too.
        for text in [
            "dXNlcjpzdzByZGYxc2gtYW5kLXNoaWVsZA==",
            "eHVzZXI6c3cwcmRmMXNoLWFuZC1zaGllbGQ=",
            "eHh1c2VyOnN3MHJkZjFzaC1hbmQtc2hpZWxk",
        ] {
            let shown = masked(&secrets, &[text.as_bytes()]);
            assert!(shown.contains("***") && shown.len() < 16, "{shown}");
        }
        assert_eq!(masked(&secrets, &[b"key: MIIEowIBAAKC\n}\n"]), "key: ***\n}\n");
    }

    #[test]
    fn without_secrets_nothing_is_changed() {
        let text = b"abc *** abc";
        assert_eq!(masked(&Secrets::default(), &[text]), "abc *** abc");
        assert_eq!(masked(&Secrets::new(["abc", "", "  "]), &[text]), "abc *** abc");
    }
}
