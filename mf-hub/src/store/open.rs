//! Opening the database of a data directory: one hub at a time, durable
//! settings, the schema of this version.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::migrate::{self, MigrateError};

/// Why the hub cannot use a data directory.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another hub does.
    #[error("{} is used by another hub (pid {pid}); stop that one, or use another --data-dir", dir.display())]
    Locked {
        /// The directory.
        dir: PathBuf,
        /// The other's process id, as far as it is known.
        pid: String,
    },
    /// The database cannot be brought to this version's schema.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The file system fails.
    #[error("{}: {error}", path.display())]
    Io {
        /// What could not be used.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// SQLite fails.
    #[error("{}: {error}", path.display())]
    Sql {
        /// The database.
        path: PathBuf,
        /// Why.
        error: rusqlite::Error,
    },
}

/// Holds `hub.lock` for as long as it lives.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code)] File);

/// Name of the database in a data directory.
pub const DATABASE: &str = "hub.db";

/// Opens (and where there is none makes) the data directory and its
/// database, at this version's schema.
///
/// # Errors
/// See [`OpenError`].
pub fn open(dir: &Path) -> Result<(Lock, Connection), OpenError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| OpenError::Io { path, error }
    };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(io(dir))?;
    let lock = lock(dir)?;
    let path = dir.join(DATABASE);
    // Hashes of keys and addresses of people; the journals take its mode over.
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
    drop(file.map_err(io(&path))?);
    let sql = |error| OpenError::Sql { path: path.clone(), error };
    let mut connection = Connection::open(&path).map_err(sql)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(sql)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(sql)?;
    // A job's savepoint keeps the pages that it changes as they were, some
    // forty for a new build. Beyond 64 KiB SQLite would make a file for them.
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(sql)?;
    common(&connection).map_err(sql)?;
    migrate::to_latest(&mut connection, dir)?;
    Ok((lock, connection))
}

/// What holds for every connection.
///
/// # Errors
/// SQLite fails.
pub fn common(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // A plan never depends on what is bound to it. Else SQLite prepares each
    // statement with `LIMIT ?` anew whenever that is bound, at every use.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // The table's statements for eighteen resources and the functions' own.
    connection.set_prepared_statement_cache_capacity(256);
    Ok(())
}

fn lock(dir: &Path) -> Result<Lock, OpenError> {
    let path = dir.join("hub.lock");
    let io = |error| OpenError::Io { path: path.clone(), error };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(io)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            // Without its pid the sentence is still true.
            let _ = file.read_to_string(&mut pid);
            let pid = match pid.trim() {
                "" => "unknown".to_owned(),
                pid => pid.to_owned(),
            };
            return Err(OpenError::Locked { dir: dir.to_owned(), pid });
        }
        Err(TryLockError::Error(error)) => return Err(io(error)),
    }
    file.set_len(0).map_err(io)?;
    file.rewind().map_err(io)?;
    writeln!(file, "{}", std::process::id()).map_err(io)?;
    Ok(Lock(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_hub_is_told_who_has_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let _first = open(dir.path()).unwrap();
        let Err(OpenError::Locked { pid, .. }) = open(dir.path()) else {
            panic!("two hubs on one directory");
        };
        assert_eq!(pid, std::process::id().to_string());
    }

    #[test]
    fn the_database_is_durable_and_keeps_its_references() {
        let dir = tempfile::tempdir().unwrap();
        let (_lock, connection) = open(dir.path()).unwrap();
        let text = |name: &str| -> String {
            connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
        };
        let number = |name: &str| -> i64 {
            connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
        };
        assert_eq!(text("journal_mode"), "wal");
        assert_eq!(number("synchronous"), 2, "2 is FULL");
        assert_eq!(number("temp_store"), 2, "2 is MEMORY");
        assert_eq!(number("foreign_keys"), 1);
        assert_eq!(number("trusted_schema"), 0);
    }
}
