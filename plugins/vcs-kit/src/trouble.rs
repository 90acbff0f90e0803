//! What a program complains of, said so that people know what to do.

use monkeyfarm_plugin_api::Failure;

use crate::url::Url;

/// What is thought of a mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspicion {
    /// It may be damaged.
    Check,
    /// It is damaged.
    Remake,
}

/// A failure, and whether the mirror may be to blame for it.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// For people.
    pub failure: Failure,
    /// What is to be thought of the mirror.
    pub suspicion: Option<Suspicion>,
    /// Whether the disk was full: room may help.
    pub full: bool,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self { failure, suspicion: None, full: false }
    }
}

/// What a program says, in lower case, and what it means: when one of the
/// first is in its complaints, then the second, in which `{url}` and `{line}`
/// (the line that says why) are filled in.
pub type Meaning = (&'static [&'static str], &'static str);

/// What a full disk makes programs say.
const FULL: Meaning = (
    &["no space left on device", "out of diskspace", "disk quota exceeded", "disk full"],
    "the disk is full: no room on this worker for the source of {url}; make room, or let its \
     cache have less (`cache_mib`)",
);

impl Trouble {
    /// A failure that the mirror may be to blame for.
    pub fn suspicious(failure: Failure, suspicion: Suspicion) -> Self {
        Self { failure, suspicion: Some(suspicion), full: false }
    }

    /// The same with the mirror as good as guilty, if it was suspected.
    pub fn harden(self, suspicion: Suspicion) -> Self {
        Self { suspicion: self.suspicion.map(|_| suspicion), ..self }
    }

    /// What `complaints` mean: the first row of `known` that fits. `line` is
    /// the one that says why.
    pub fn known(complaints: &str, line: &str, url: &Url, known: &[Meaning]) -> Option<Self> {
        let lower = without(url, complaints.to_lowercase());
        let fits = |(signs, _): &&Meaning| signs.iter().any(|sign| lower.contains(sign));
        let (_, meaning) = [FULL].iter().chain(known).find(fits).copied()?;
        // What a server says comes last: it is not looked at again.
        let sentence = meaning.replace("{url}", &url.to_string()).replace("{line}", line);
        let full = meaning == FULL.1;
        Some(Self { full, ..Failure::new(sentence).into() })
    }
}

/// What is said, in lower case, but for the URL in it: one may have a 403 for
/// a port, or lead to a repository called openssl.
fn without(url: &Url, said: String) -> String {
    let (path, (host, _)) = (url.path().to_lowercase(), url.host_and_port());
    let from_home = format!("'{}'", path.trim_start_matches('/'));
    let said = said
        .replace(&url.for_program().to_lowercase(), "\u{2026}")
        .replace(&path, "\u{2026}")
        .replace(&from_home, "'\u{2026}'");
    // A host called git is a word that complaints have of their own.
    if host.contains('.') { said.replace(&host.to_lowercase(), "\u{2026}") } else { said }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scheme;

    #[test]
    fn what_a_url_says_is_no_complaint() {
        const KNOWN: &[Meaning] = &[
            (&["certificate", "ssl", "disk full"], "{url}: certificate"),
            (&["no git repository", "' not found"], "{url}: none"),
        ];
        let known = |url: &str, said: &str| {
            let url = Url::parse(url, &[Scheme::HTTPS, Scheme::SSH]).unwrap();
            Trouble::known(said, said, &url, KNOWN).map(|trouble| trouble.failure.sentence)
        };
        let url = "https://ssl.example.org:4430/OpenSSL";
        assert_eq!(known(url, &format!("fatal: {url}: the server had a cold")), None);
        assert_eq!(known(url, "fatal: '/openssl' is not there"), None);
        assert_eq!(known(url, "fatal: could not reach ssl.example.org"), None);
        assert_eq!(known("git@host:openssl", "fatal: 'openssl' is not there"), None);
        let told = known(url, &format!("fatal: {url}: SSL: bad certificate"));
        assert_eq!(told.as_deref(), Some(&*format!("{url}: certificate")));
        for said in ["fatal: 'tool' is no git repository", "fatal: 'tool' not found"] {
            assert_eq!(known("git:tool", said).as_deref(), Some("git:tool: none"), "{said}");
        }
    }
}
