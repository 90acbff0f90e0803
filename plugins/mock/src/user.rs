//! The user whom mock drops its privileges to: it refuses to build as root.

use std::ffi::OsStr;

use monkeyfarm_plugin_api::command::Command;
use monkeyfarm_plugin_api::{Context, Failure};
use rustix::process::geteuid;

use crate::local::Local;

/// A user of the host.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl User {
    /// The configured user, or the first member of the group `mock`; only root
    /// can become that user.
    pub(crate) fn find(local: &Local, cx: &Context) -> Result<Self, Failure> {
        let user = Self::named(local, cx)?;
        if geteuid().is_root() {
            return Ok(user);
        }
        Err(Failure::new(format!(
            "mock needs a worker that runs as root, and this one runs as user {}: run mf-workerd \
             as root, or take this target's arch from the archs in its configuration",
            geteuid().as_raw()
        )))
    }

    fn named(local: &Local, cx: &Context) -> Result<Self, Failure> {
        let advice = "add a user to build as: useradd --create-home --groups mock mockbuild, or \
                      name one by `user` in plugins.d/mock.toml";
        let name = match local.user.as_str() {
            "" => {
                let entry = entry("group", "mock", cx)?.ok_or_else(|| {
                    Failure::new(
                        "this worker has no group mock: install mock, which makes it, and add a \
                         user to it",
                    )
                })?;
                // `mock:x:135:one,two`
                let members = entry.split(':').nth(3).unwrap_or_default();
                members.split(',').next().unwrap_or_default().trim().to_owned()
            }
            name => name.to_owned(),
        };
        if name.is_empty() {
            return Err(Failure::new(format!("the group mock of this worker is empty: {advice}")));
        }
        let entry = entry("passwd", &name, cx)?;
        let entry = entry.ok_or_else(|| {
            Failure::new(format!("this worker has no user {name:?} for mock: {advice}"))
        })?;
        // `name:x:1001:1001:…`
        let mut fields = entry.split(':').skip(2).map(str::parse);
        match (fields.next(), fields.next()) {
            (Some(Ok(0)), _) => Err(Failure::new(format!(
                "the user {name:?} is root, as whom mock does not build: {advice}"
            ))),
            (Some(Ok(uid)), Some(Ok(gid))) => Ok(Self { name, uid, gid }),
            _ => Err(Failure::new(format!("this worker's entry of user {name:?} is torn"))),
        }
    }
}

/// A line of the host's user database, wherever that is.
fn entry(database: &str, key: &str, cx: &Context) -> Result<Option<String>, Failure> {
    let arguments = [OsStr::new("--"), OsStr::new(database), OsStr::new(key)];
    let said = Command::new("getent").args(arguments).output(cx, 64 * 1024)?;
    Ok(said.ended.success().then(|| said.text().trim().to_owned()))
}
