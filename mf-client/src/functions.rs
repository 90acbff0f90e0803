//! The functions that programs call most, with their types. Any other is
//! [`Rows::call`] or [`Rows::act`](crate::Rows::act) by its name.

use mf_core::resource::{Build, Tag, Task};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::hub::ANSWER;
use crate::{Error, Hub, Rows};

/// What became of the builds of a tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Moved {
    /// Builds that have the other tag now.
    pub moved_builds: Vec<String>,
    /// Builds that the other tag's `only_latest` put out.
    pub untagged_builds: Vec<String>,
}

impl Rows<'_, Tag> {
    /// Moves all builds of a tag to another one.
    ///
    /// # Errors
    /// One of the tags is locked, or the caller may not.
    pub async fn move_builds(&self, from: &str, to: &str) -> Result<Moved, Error> {
        let given = self.call(from, "move_builds", &json!({ "to_tag_label": to })).await?;
        serde_json::from_value(given.into()).map_err(|e| Error::Protocol {
            url: "move_builds".into(),
            why: format!("its answer: {e}"),
        })
    }

    /// Lets nothing move in or out.
    ///
    /// # Errors
    /// The caller may not.
    pub async fn lock(&self, label: &str) -> Result<Tag, Error> {
        self.act(label, "lock", &()).await
    }

    /// Lets builds move in and out again.
    ///
    /// # Errors
    /// The caller may not.
    pub async fn unlock(&self, label: &str) -> Result<Tag, Error> {
        self.act(label, "unlock", &()).await
    }
}

impl Rows<'_, Build> {
    /// Gives a build a tag.
    ///
    /// # Errors
    /// The tag is locked, or the caller may not.
    pub async fn tag(&self, label: &str, tag: &str) -> Result<Build, Error> {
        self.act(label, "tag", &json!({ "tag_label": tag })).await
    }

    /// Takes a tag from a build.
    ///
    /// # Errors
    /// The tag is locked, or the caller may not.
    pub async fn untag(&self, label: &str, tag: &str) -> Result<Build, Error> {
        self.act(label, "untag", &json!({ "tag_label": tag })).await
    }

    /// Says something of a build; `karma` is 1 for it, -1 against it, or 0.
    ///
    /// # Errors
    /// The caller is nobody.
    pub async fn comment(&self, label: &str, comment: &str, karma: i8) -> Result<Build, Error> {
        self.act(label, "comment", &json!({ "comment": comment, "karma": karma })).await
    }

    /// Stops a build.
    ///
    /// # Errors
    /// It has ended, or is not the caller's.
    pub async fn cancel(&self, label: &str) -> Result<Build, Error> {
        self.act(label, "cancel", &()).await
    }

    /// Builds again what failed, was cancelled or was lost.
    ///
    /// # Errors
    /// There is nothing to build again, or it is not the caller's.
    pub async fn retry(&self, label: &str) -> Result<Build, Error> {
        self.act(label, "retry", &()).await
    }
}

impl Rows<'_, Task> {
    /// Stops a task.
    ///
    /// # Errors
    /// It has ended, or is not the caller's.
    pub async fn cancel(&self, label: &str) -> Result<Task, Error> {
        self.act(label, "cancel", &()).await
    }

    /// Builds a task again.
    ///
    /// # Errors
    /// There is nothing to build again, or it is not the caller's.
    pub async fn retry(&self, label: &str) -> Result<Task, Error> {
        self.act(label, "retry", &()).await
    }
}

impl Hub {
    /// Where a file of a task can be fetched by a plain GET, for a limited
    /// time: `path` is the task's `fs_path`, then `/files/NAME`.
    ///
    /// # Errors
    /// There is no such file, or it cannot be had.
    pub async fn download_url(&self, path: &str) -> Result<String, Error> {
        let request = self.request(Method::GET, &["root", "get_file_download_url.json"])?;
        request.query(&[("path", path)]).timeout(ANSWER).get("download_url").await
    }
}
