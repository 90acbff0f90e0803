//! What the first start makes: the first admin, the keys of the daemons, and
//! words that nearly every farm needs.

use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use mf_core::error::Error;
use mf_core::label;
use mf_core::resource::{ARCH, BUILD_TYPE, GROUP, Resource, SYSTEM, USER};
use rusqlite::{ToSql, params};

use super::history::{self, Verb};
use super::key::{self, Holder, NewKey};
use super::roles::ADMIN_GROUP;
use super::select::table;
use super::{Done, Tx, render};
use crate::hub::{Hub, StartError};

/// Archs that nearly every farm builds for.
const ARCHS: &[&str] = &["x86_64", "i386", "aarch64", "noarch"];
/// Why builds are submitted, and how much each hurries.
const BUILD_TYPES: &[(&str, i64)] =
    &[("security", 100), ("bug", 50), ("enhancement", 20), ("newpackage", 10), ("commit", 0)];
/// The first user.
const ADMIN: &str = "admin";

/// Makes what a database that nobody has used yet needs. The keys are on disk
/// before their hashes are committed: a key that nobody has would lock the
/// farm, while one in a file that the hub does not know is made known by the
/// next try.
///
/// # Errors
/// The file system or the database fails.
pub async fn run(hub: &Hub) -> Result<(), StartError> {
    let used = |db: &rusqlite::Connection| -> Done<bool> {
        Ok(db.query_row("SELECT EXISTS (SELECT 1 FROM \"user\")", [], |row| row.get(0))?)
    };
    if hub.readers.read(used)? {
        return Ok(());
    }
    let dir = hub.config.data_dir.join("keys");
    let keys = [file(&dir, "admin")?, file(&dir, "regulator")?, file(&dir, "worker")?];
    let system = system_label();
    Ok(hub.writer.run("hub", move |tx| first(tx, &keys, &system)).await?)
}

fn first(tx: &Tx<'_>, [admin, regulator, worker]: &[NewKey; 3], system: &str) -> Done<()> {
    let group = make(
        tx,
        &GROUP,
        ADMIN_GROUP,
        &[("display_name", &"Administrators"), ("restricted", &true)],
    )?;
    let user = make(tx, &USER, ADMIN, &[("display_name", &"Administrator")])?;
    tx.execute("INSERT INTO group_user (group_id, user_id) VALUES (?1, ?2)", params![group, user])?;
    let system = make(tx, &SYSTEM, system, &[])?;
    for arch in ARCHS {
        make(tx, &ARCH, arch, &[("display_name", arch)])?;
    }
    for (label, priority) in BUILD_TYPES {
        make(tx, &BUILD_TYPE, label, &[("priority", priority)])?;
    }
    key::store(tx, admin, Holder::User(user))?;
    key::store(tx, regulator, Holder::Regulator)?;
    key::store(tx, worker, Holder::System(system))
}

fn make(
    tx: &Tx<'_>,
    resource: &Resource,
    label: &str,
    columns: &[(&str, &dyn ToSql)],
) -> Done<i64> {
    let names: String = columns.iter().map(|(name, _)| format!(", {name}")).collect();
    let marks: String = (0..columns.len()).map(|n| format!(", ?{}", n + 3)).collect();
    let sql = format!(
        "INSERT INTO {} (label, create_date, update_date{names}) VALUES (?1, ?2, ?2{marks})",
        table(resource.name)
    );
    let now = tx.now();
    let mut values: Vec<&dyn ToSql> = vec![&label, &now];
    values.extend(columns.iter().map(|(_, value)| *value));
    tx.execute(&sql, values.as_slice())?;
    let id = tx.last_insert_rowid();
    history::record(tx, Verb::Create, resource, id, render::map(tx, resource, id)?)?;
    Ok(id)
}

/// The key in `DIR/NAME`: the one that is there, or a new one.
fn file(dir: &Path, name: &str) -> Result<NewKey, StartError> {
    let path = dir.join(name);
    let fail = |error: io::Error| {
        StartError::Io(io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            if let Some(key) = NewKey::known(text.trim()) {
                return Ok(key);
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(fail(error)),
    }
    let key = NewKey::random();
    write(dir, &path, &key).map_err(fail)?;
    Ok(key)
}

/// Writes a key so that it is whole and on disk, or not there.
pub(super) fn write(dir: &Path, path: &Path, key: &NewKey) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let new: PathBuf = path.with_extension("new");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    writeln!(file, "{}", key.text())?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    std::fs::File::open(dir)?.sync_all()
}

/// A label for the system of this host: its name, as far as labels allow.
fn system_label() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let name: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._+~-".contains(c) { c } else { '-' })
        .skip_while(|c| !c.is_ascii_alphanumeric())
        .take(label::LIMIT)
        .collect();
    match label::check(&name) {
        Ok(()) => name,
        Err(Error { .. }) => "worker".to_owned(),
    }
}
