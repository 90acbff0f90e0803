//! Why a piece of work on the database was not done.

use mf_core::error::{Code, Error};
use rusqlite::ErrorCode;

/// What work on the database gives.
pub type Done<T> = Result<T, Fault>;

/// Why it was not done; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The caller is told why.
    #[error(transparent)]
    Told(#[from] Error),
    /// SQLite fails; the caller is told no more than must be.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// The hub contradicts itself.
    #[error("{0}")]
    Broken(String),
}

impl Fault {
    /// Something that the caller is told.
    pub fn told(code: Code, sentence: impl Into<String>) -> Self {
        Fault::Told(Error::new(code, sentence))
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        match fault {
            Fault::Told(error) => error,
            Fault::Sql(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull) => {
                Error::new(
                    Code::DiskFull,
                    "the hub's disk is full; nothing was changed. free some space and try again",
                )
            }
            Fault::Sql(error)
                if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) =>
            {
                let told = "reading this takes the hub too long, and it gave up; ask for less: \
                            a page (limit=50), or what one more filter leaves";
                Error::new(Code::Busy, told).retry_after(60)
            }
            Fault::Sql(error) => internal(&error.to_string()),
            Fault::Broken(told) => internal(&told),
        }
    }
}

fn internal(told: &str) -> Error {
    tracing::error!("request {}: database: {told}", crate::http::request::id());
    Error::new(Code::Internal, "the hub could not do it; its messages say why")
}
