//! A build's task as a worker prepares it, without the worker.

use std::fs;
use std::path::{Path, PathBuf};

use super::Recorder;
use crate::{BuildHandler, BuildJob, Built, Failure, FailureKind};

/// A task's directories, its job, and who hears what the handler says.
///
/// ```
/// # use monkeyfarm_plugin_api::{BuildHandler, BuildJob, Built, Context, Failure};
/// use monkeyfarm_plugin_api::kit::Task;
///
/// # struct Refuser;
/// # impl BuildHandler for Refuser {
/// #     fn build(&self, _: &BuildJob, _: &Context) -> Result<Built, Failure> {
/// #         Err(Failure::new("there is no Makefile"))
/// #     }
/// # }
/// # let top = std::env::temp_dir().join("monkeyfarm-kit-task");
/// let task = Task::below(&top);
/// task.write("src/main.c", "int main(void) { return 0; }");
/// assert_eq!(task.failure(&Refuser).sentence, "there is no Makefile");
/// # std::fs::remove_dir_all(top).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Task {
    /// What the handler is given; to be changed before it is called.
    pub job: BuildJob,
    /// What the handler speaks to.
    pub farm: Recorder,
    top: PathBuf,
}

impl Task {
    /// A task of package `hello` with an empty checkout, whose source may come
    /// by `file`. Its directories are below `top`, which whoever made it removes.
    ///
    /// # Panics
    /// They cannot be made.
    pub fn below(top: &Path) -> Self {
        let work = top.join("tasks/7.1");
        let job = BuildJob {
            package: "hello".into(),
            has_source: true,
            allow_schemes: vec!["file".into()],
            source_dir: work.join("source"),
            result_dir: work.join("result"),
            cache_dir: top.join("cache"),
            work_dir: work,
            ..BuildJob::default()
        };
        for dir in [&job.source_dir, &job.result_dir, &job.cache_dir] {
            fs::create_dir_all(dir).expect("the directories of a task can be made");
        }
        Self { job, farm: Recorder::new(), top: top.to_owned() }
    }

    /// A place beside the task's directories.
    pub fn at(&self, name: &str) -> PathBuf {
        self.top.join(name)
    }

    /// Puts a file into the checkout.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.job.source_dir.join(name);
        let dir = path.parent().expect("a path with a name has a parent");
        fs::create_dir_all(dir).expect("a directory of the checkout can be made");
        fs::write(&path, text).expect("a file of the checkout can be written");
    }

    /// Has the handler build it.
    ///
    /// # Errors
    /// The handler's own.
    pub fn build(&self, handler: &dyn BuildHandler) -> Result<Built, Failure> {
        handler.build(&self.job, &self.farm.context())
    }

    /// The failure of a build that must fail, whose sentence is one line.
    ///
    /// # Panics
    /// The build succeeds, or fails otherwise.
    pub fn failure(&self, handler: &dyn BuildHandler) -> Failure {
        let failure = self.build(handler).expect_err("the build fails");
        assert_eq!(failure.kind, FailureKind::Failed, "{failure}");
        assert!(!failure.sentence.contains('\n'), "one line: {}", failure.sentence);
        failure
    }
}
