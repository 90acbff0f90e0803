//! The brz program, with everything shut that a foreign branch could reach
//! through it.

use std::path::Path;

use monkeyfarm_plugin_api::command::{Command, Ended, Output};
use monkeyfarm_plugin_api::{Context, Failure};
use monkeyfarm_vcs_kit::{Home, Terms, Trouble, Url};

use crate::trouble;

/// What brz loads; see there.
const GUARD: &str = include_str!("guard.py");

/// How long a question may take: a list of tags, a number of a revision.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(300);

/// What an answer may have.
const MOST_TEXT: usize = 64 << 20;

/// Calls of brz for one URL. It has a home of its own as long as this is kept.
pub(crate) struct Brz<'a, T> {
    pub(crate) url: &'a Url,
    terms: &'a Terms<T>,
    home: Home,
}

impl<'a, T> Brz<'a, T> {
    pub(crate) fn new(url: &'a Url, terms: &'a Terms<T>, cx: &Context) -> Result<Self, Failure> {
        let home = terms.home(url)?;
        home.write("guard.py", GUARD)?;
        if let Some(text) = crate::logins::text(&terms.credentials(url, cx)?)? {
            home.write("breezy/authentication.conf", &text)?;
        }
        Ok(Self { url, terms, home })
    }

    /// A call that may open what is at the URL, and `mirror` on this host.
    pub(crate) fn call(&self, mirror: &Path) -> Result<Command, Failure> {
        let mirror = mirror.to_str().ok_or_else(|| {
            Failure::new(format!("the path of the cache is not UTF-8: {}", mirror.display()))
        })?;
        let home = self.home.path();
        let mut places = self.terms.places(self.url)?;
        places.push(mirror.to_owned());
        let mut plugin = std::ffi::OsString::from("monkeyfarm@");
        plugin.push(home.join("guard.py"));
        let mut brz = Command::new("brz")
            .if_missing("install the Debian package brz")
            .env("HOME", home)
            .env("BRZ_HOME", home)
            .env("BRZ_LOG", "/dev/null")
            .env("BRZ_SSH", home.join("ssh"))
            .env("BRZ_EMAIL", "MonkeyFarm <nobody@localhost>")
            .env("BRZ_PLUGIN_PATH", "-user:-core:-site:-entrypoints")
            .env("BRZ_PLUGINS_AT", plugin)
            .env("MONKEYFARM_PLACES", places.join("\n"))
            .env("MONKEYFARM_URL", self.url.for_program())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .args(["--no-aliases", "--no-l10n", "-Oprogress_bar=text"]);
        if let Some(file) = self.terms.ca_file()? {
            brz = brz.arg(format!("-Ossl.ca_certs={}", file.display()));
        }
        Ok(brz)
    }

    /// Asks a question of the guard's, and gives the answer's words.
    pub(crate) fn ask(
        &self,
        mirror: &Path,
        words: &[&str],
        cx: &Context,
    ) -> Result<Vec<String>, Trouble> {
        let call = self.call(mirror)?.args(words).timeout(PATIENCE);
        let Output { ended, stdout, stderr } = call.output(cx, MOST_TEXT)?;
        self.unless_ended_well(ended, &String::from_utf8_lossy(&stderr), mirror, "ask")?;
        let text = String::from_utf8_lossy(&stdout).into_owned();
        let mut answer: Vec<_> = text.split('\0').map(str::to_owned).collect();
        // There is nothing behind the last zero.
        answer.pop();
        Ok(answer)
    }

    /// # Errors
    /// What brz complains of, unless it ended well.
    pub(crate) fn unless_ended_well(
        &self,
        ended: Ended,
        complaints: &str,
        mirror: &Path,
        doing: &str,
    ) -> Result<(), Trouble> {
        trouble::unless_ended_well(ended, complaints, self.url, mirror, doing)
    }
}
