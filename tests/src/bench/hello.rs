//! The limit of the stack: axum and SQLite with nothing of ours in between.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use tokio::runtime::Runtime;

/// How many rows a list has.
const ROWS: usize = 50;

thread_local! {
    static DB: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

/// A server that reads one row at `/one`, and fifty at `/many`.
pub struct Hello {
    /// Where it answers.
    pub address: String,
    _runtime: Runtime,
    _dir: tempfile::TempDir,
}

impl Hello {
    /// Starts it; each row is of this many bytes.
    ///
    /// # Errors
    /// The system would not.
    pub fn start(row: usize) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let path: Arc<Path> = dir.path().join("hello.db").into();
        let db = Connection::open(&path)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.execute_batch("CREATE TABLE hello (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")?;
        for _ in 0..ROWS {
            db.execute("INSERT INTO hello (text) VALUES (?1)", ["x".repeat(row)])?;
        }
        let router = Router::new()
            .route("/one", get(|State(path): State<Arc<Path>>| async move { read(&path, 1) }))
            .route("/many", get(|State(path): State<Arc<Path>>| async move { read(&path, ROWS) }))
            .with_state(path);
        let runtime = Runtime::new()?;
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?.to_string();
        runtime.spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, _runtime: runtime, _dir: dir })
    }
}

/// The first rows; an error is an answer that no client takes.
fn read(path: &Path, rows: usize) -> Result<Body, (StatusCode, String)> {
    DB.with_borrow_mut(|db| {
        if db.is_none() {
            let new = Connection::open(path)?;
            // As the hub's: else `LIMIT ?` is prepared anew at every use.
            new.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            *db = Some(new);
        }
        let mut text = Vec::new();
        if let Some(db) = db {
            let mut select = db.prepare_cached("SELECT text FROM hello LIMIT ?1")?;
            let mut found = select.query([rows as i64])?;
            while let Some(row) = found.next()? {
                text.extend_from_slice(row.get_ref(0)?.as_bytes()?);
            }
        }
        Ok(text.into())
    })
    .map_err(|error: rusqlite::Error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}
