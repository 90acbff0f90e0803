//! Tags and their rules: who may give and take them, what moves in and out.

use mf_core::error::{Code, Error};
use mf_core::resource::Who;
use mf_core::task::State;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::roles::Caller;
use super::{Done, Fault, ready};

/// For whom a tag with `requires_admin` is kept.
const ADMINS: Who = Who::PROJECT.or(Who::ADMIN);

const TAGS: &str =
    "SELECT t.id, t.label, t.requires_admin, t.locked, t.only_latest, t.close_on_tag FROM tag t";
const BUILDS: &str = "SELECT b.id, b.label, b.package_branch_id, b.scratch, b.status FROM build b";

/// A tag, as far as its rules go.
#[derive(Clone, Debug)]
pub struct Tag {
    /// Its id.
    pub id: i64,
    /// Its label.
    pub label: String,
    /// Whether only admins may give and take it.
    pub requires_admin: bool,
    /// Whether nothing moves in or out.
    pub locked: bool,
    /// Whether a later build of a package-branch puts the earlier ones out.
    pub only_latest: bool,
    /// Whether the bugs of a build that gets it are closed.
    pub close_on_tag: bool,
}

/// A build, as far as the rules of tags go.
#[derive(Clone, Debug)]
pub struct Build {
    /// Its id: that of the build that was submitted later is the larger one.
    pub id: i64,
    /// Its label.
    pub label: String,
    /// Its package-branch.
    pub branch: i64,
    /// Whether it is a scratch build.
    pub scratch: bool,
    /// How far it is.
    pub status: State,
}

/// A tag of a project by its label.
///
/// # Errors
/// [`Code::UnknownReference`].
pub fn named(db: &Connection, project: Option<i64>, label: &str) -> Done<Tag> {
    let sql = format!("{TAGS} WHERE t.project_id = ?1 AND t.label = ?2");
    let found = db.prepare_cached(&sql)?.query_row(params![project, label], tag_of).optional()?;
    found.ok_or_else(|| {
        let label: String = label.chars().take(80).collect();
        Fault::told(Code::UnknownReference, format!("there is no tag {label:?} in this project"))
    })
}

/// The tag of an id.
///
/// # Errors
/// SQLite fails.
pub fn of_id(db: &Connection, id: i64) -> Done<Tag> {
    Ok(db.prepare_cached(&format!("{TAGS} WHERE t.id = ?1"))?.query_row([id], tag_of)?)
}

/// The tags that a build has.
///
/// # Errors
/// SQLite fails.
pub fn of_build(db: &Connection, build: i64) -> Done<Vec<Tag>> {
    let sql = format!("{TAGS} JOIN build_tag l ON l.tag_id = t.id WHERE l.build_id = ?1");
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_map([build], tag_of)?.collect::<Result<_, _>>()?)
}

/// The build of an id.
///
/// # Errors
/// SQLite fails.
pub fn build(db: &Connection, id: i64) -> Done<Build> {
    db.prepare_cached(&format!("{BUILDS} WHERE b.id = ?1"))?.query_row([id], build_of)?.build()
}

impl Tag {
    /// Refuses who may not give or take it, and everybody while it is locked.
    ///
    /// # Errors
    /// [`Code::Forbidden`], [`Code::IllegalMove`].
    pub fn check(&self, caller: &Caller, roles: Who) -> Result<(), Error> {
        if self.requires_admin {
            caller.need(roles, ADMINS, &format!("tagging with {:?}", self.label))?;
        }
        self.check_open()
    }

    /// Refuses everybody while it is locked.
    ///
    /// # Errors
    /// [`Code::IllegalMove`].
    pub fn check_open(&self) -> Result<(), Error> {
        if self.locked {
            let told = format!("tag {:?} is locked: nothing moves in or out", self.label);
            return Err(Error::new(Code::IllegalMove, told));
        }
        Ok(())
    }

    /// Builds that have it, in the order of their submission; of one
    /// package-branch, or of all.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn builds(&self, db: &Connection, branch: Option<i64>) -> Done<Vec<Build>> {
        let sql = format!(
            "{BUILDS} JOIN build_tag l ON l.build_id = b.id WHERE l.tag_id = ?1 \
             AND (?2 IS NULL OR b.package_branch_id = ?2) ORDER BY b.id"
        );
        let mut statement = db.prepare_cached(&sql)?;
        let rows = statement.query_map(params![self.id, branch], build_of)?;
        rows.map(|row| row?.build()).collect()
    }
}

impl Build {
    /// Refuses a build that is not to have any tag.
    ///
    /// # Errors
    /// [`Code::IllegalMove`].
    pub fn check(&self) -> Result<(), Error> {
        let why = match self.status {
            _ if self.scratch => "is a scratch build, which is never tagged".to_owned(),
            State::BuildSuccess => return Ok(()),
            status => format!("is {status}: only one that is BuildSuccess can be tagged"),
        };
        Err(Error::new(Code::IllegalMove, format!("build {:?} {why}", self.label)))
    }
}

/// A build whose status is still text.
struct Raw(Build, String);

impl Raw {
    fn build(self) -> Done<Build> {
        Ok(Build { status: ready::named(&self.1)?, ..self.0 })
    }
}

fn tag_of(row: &Row<'_>) -> rusqlite::Result<Tag> {
    Ok(Tag {
        id: row.get(0)?,
        label: row.get(1)?,
        requires_admin: row.get(2)?,
        locked: row.get(3)?,
        only_latest: row.get(4)?,
        close_on_tag: row.get(5)?,
    })
}

fn build_of(row: &Row<'_>) -> rusqlite::Result<Raw> {
    let build = Build {
        id: row.get(0)?,
        label: row.get(1)?,
        branch: row.get(2)?,
        scratch: row.get(3)?,
        status: State::New,
    };
    Ok(Raw(build, row.get(4)?))
}
