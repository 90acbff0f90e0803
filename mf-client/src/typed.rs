//! What programs most often ask a hub, with types.

use bytes::Bytes;
use futures_util::Stream;
use mf_core::resource::{Build, Task};
use mf_core::wire::TaskFile;
use reqwest::Method;
use reqwest::header::RANGE;
use serde_json::{Map, Value};

use crate::hub::scope;
use crate::{Error, Hub};

impl Hub {
    /// One build.
    ///
    /// # Errors
    /// There is no such build, or it cannot be had.
    pub async fn build(&self, label: &str, project: &str) -> Result<Build, Error> {
        self.get_one("build", label, Some(project)).await
    }

    /// One task.
    ///
    /// # Errors
    /// There is no such task, or it cannot be had.
    pub async fn task(&self, label: &str, project: &str) -> Result<Task, Error> {
        self.get_one("task", label, Some(project)).await
    }

    /// All tasks of a build.
    ///
    /// # Errors
    /// The hub cannot be reached, or refuses.
    pub async fn tasks_of(&self, build: &str, project: &str) -> Result<Vec<Task>, Error> {
        self.get_all("task", &[("project_label", project), ("build_label", build)]).await
    }

    /// Everything that a task made.
    ///
    /// # Errors
    /// There is no such task, or it cannot be had.
    pub async fn task_files(&self, task: &str, project: &str) -> Result<Vec<TaskFile>, Error> {
        let request = self.request(Method::GET, &["task", task, "list_files.json"])?;
        request.query(&scope(Some(project))).get("files").await
    }

    /// The bytes of a part of a task, from byte `from` on: `kind` is `file`,
    /// `source`, `log` or `config`.
    ///
    /// # Errors
    /// There is no such part; each item may be an error too, when the
    /// connection breaks.
    pub async fn get_bytes(
        &self,
        task: &str,
        project: &str,
        kind: &str,
        name: &str,
        from: u64,
    ) -> Result<impl Stream<Item = Result<Bytes, Error>> + Send + use<>, Error> {
        self.get_bytes_of(task, project, kind, name, None, from).await
    }

    /// As [`Hub::get_bytes`], of the attempt of this number; none: the last.
    ///
    /// # Errors
    /// As [`Hub::get_bytes`].
    pub async fn get_bytes_of(
        &self,
        task: &str,
        project: &str,
        kind: &str,
        name: &str,
        attempt: Option<i64>,
        from: u64,
    ) -> Result<impl Stream<Item = Result<Bytes, Error>> + Send + use<>, Error> {
        let mut request = self.request(Method::GET, &["task", task, kind, name])?;
        request = request.query(&scope(Some(project)));
        if let Some(attempt) = attempt {
            request = request.query([("attempt", attempt.to_string())]);
        }
        if from > 0 {
            request = request.header(RANGE, &format!("bytes={from}-"));
        }
        request.stream().await
    }

    /// Stops a build.
    ///
    /// # Errors
    /// It has ended, or is not the caller's.
    pub async fn cancel_build(&self, label: &str, project: &str) -> Result<(), Error> {
        let mut parameters = Map::new();
        parameters.insert("project_label".into(), Value::from(project));
        self.call("build", Some(label), "cancel", &parameters).await.map(drop)
    }

    /// The hub's version.
    ///
    /// # Errors
    /// The hub cannot be reached.
    pub async fn version(&self) -> Result<String, Error> {
        self.request(Method::GET, &["util", "version.json"])?.get("version").await
    }
}
