//! Building: the phases one after the other, and an end that leaves nothing.

use std::fs;
use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::schema::WordOr;
use monkeyfarm_plugin_api::{
    Artifact, ArtifactKind, BuildHandler, BuildJob, Built, Context, Failure, FailureKind, IndexJob,
    Indexed, Schemas, SweepJob, Swept,
};

use crate::local::Local;
use crate::phase::Phase;
use crate::program::Program;
use crate::recipe::{Document, Recipe};
use crate::root::{self, Record, Root};
use crate::source::Source;
use crate::stage::Stage;
use crate::user::User;
use crate::{configuration, index, results, sweep};

/// The build handler `mock`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mock;

impl BuildHandler for Mock {
    fn schemas() -> Schemas {
        let hub = Schemas::default().handler::<WordOr<Document>>().target::<WordOr<Document>>();
        hub.local::<Local>()
    }

    fn index(&self, job: &IndexJob, cx: &Context) -> Result<Indexed, Failure> {
        index::write(job, cx)
    }

    fn sweep(&self, job: &SweepJob, cx: &Context) -> Result<Swept, Failure> {
        sweep::sweep(job, cx)
    }

    fn build(&self, job: &BuildJob, cx: &Context) -> Result<Built, Failure> {
        let local = Local::of(job)?;
        let recipe = Recipe::of(job, &local)?;
        if let Some(name) = &recipe.config {
            configuration::check(name, &local)?;
        }
        let user = User::find(&local, cx)?;
        // What could not be removed when its task was killed.
        let left = Root::left_over(&job.cache_dir);
        if let Err(stays) = sweep::remove_all(left, &local, &user, cx) {
            cx.log(stays.sentence);
        }
        let source = Source::find(job, &local, cx)?;
        let build = Build { job, cx, local: &local, recipe: &recipe, user: &user };
        build.run(&source)
    }
}

/// One build, when all of its parts are known.
struct Build<'a> {
    job: &'a BuildJob,
    cx: &'a Context,
    local: &'a Local,
    recipe: &'a Recipe,
    user: &'a User,
}

impl Build<'_> {
    /// Builds, keeps what was made, and removes everything else, whatever
    /// came of it.
    fn run(&self, source: &Source) -> Result<Built, Failure> {
        let name = root::name(self.job);
        let dir = Stage::path(self.local, &name);
        let record = Record { name: name.clone(), stage: dir.clone(), ..Record::default() };
        let mut root = Root::claim(self.job, record)?;
        let made = Stage::make(dir, self.user).and_then(|stage| self.on(&stage, &mut root, source));
        let removed = sweep::remove(root, self.local, self.user);
        if let Err(failure) = removed {
            self.cx.log(format!("the root {name} stays for now: {failure}"));
        }
        made
    }

    fn on(&self, stage: &Stage, root: &mut Root, source: &Source) -> Result<Built, Failure> {
        let config = configuration::choose(self.recipe, self.local, stage)?;
        let name = root.record.name.clone();
        let program = Program {
            local: self.local,
            user: self.user,
            stage,
            root: &name,
            config: &config,
            options: self.recipe.arguments(self.job)?,
            timeout: self.recipe.timeout.as_ref().map(|timeout| timeout.text.as_str()),
        };
        let built = self.phases(&program, root, source);
        if let Err(failure) = &built
            && failure.kind == FailureKind::Cancelled
        {
            // There is little time, and it is for removing.
            return Err(failure.clone());
        }
        let dir = self.job.work_dir.join("mock");
        let kept = stage.take(&dir).map(|names| results::artifacts(&dir, &names));
        self.judge(built, kept?)
    }

    fn phases(&self, mock: &Program<'_>, root: &mut Root, source: &Source) -> Result<(), Failure> {
        let cx = self.cx;
        cx.progress("reading the mock configuration");
        let printed = mock.configuration(cx)?;
        // From here on there may be a root to remove.
        root.record.config = mock.config.to_owned();
        root.record.dir = configuration::directory(&printed, &root.record.name);
        root.save()?;
        let name = match &self.recipe.config {
            Some(name) => format!("{name}.cfg"),
            None => "target.cfg".into(),
        };
        let path = mock.stage.result().join(name);
        fs::write(&path, configuration::readable(&printed))
            .map_err(Failure::io(format!("cannot write {}", path.display())))?;

        mock.run(Phase::Root, &["--init"], cx)?;
        let package = match source {
            Source::Package(path) => {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                mock.stage.put(path, name)?
            }
            Source::Spec(spec) => {
                let sources = mock.stage.put(&spec.sources, "sources")?;
                let name = spec.file.file_name().and_then(|name| name.to_str());
                let file = mock.stage.put(&spec.file, name.unwrap_or_default())?;
                let arguments = [
                    Path::new("--buildsrpm"),
                    Path::new("--spec"),
                    &file,
                    Path::new("--sources"),
                    &sources,
                ];
                mock.run(Phase::SourcePackage, &arguments, cx)?;
                only_source_package(&mock.stage.result())?
            }
        };
        let requirements = match self.recipe.dynamic_requires {
            Some(true) => "--calculate-build-dependencies",
            _ => "--installdeps",
        };
        mock.run(
            Phase::Requirements,
            &[Path::new("--no-clean"), Path::new(requirements), &package],
            cx,
        )?;
        mock.run(Phase::Build, &[Path::new("--rebuild"), &package], cx)
    }

    /// What the hub gets: all of a success, what explains a failure.
    fn judge(&self, built: Result<(), Failure>, kept: Vec<Artifact>) -> Result<Built, Failure> {
        let made = kept.iter().any(|artifact| artifact.kind == ArtifactKind::File);
        let built = match built {
            Ok(()) if !made => Err(Failure::new(
                "mock succeeded and made no RPM: see build.log, and that the spec file has a \
                 %files section",
            )),
            built => built,
        };
        match built {
            Ok(()) => Ok(Built { artifacts: kept }),
            Err(failure) => {
                let kept = kept.into_iter().filter(|a| a.kind != ArtifactKind::File).collect();
                Err(failure.keeping(kept))
            }
        }
    }
}

/// The source RPM that mock has just made.
fn only_source_package(result: &Path) -> Result<PathBuf, Failure> {
    let found = crate::spec::files(result, ".src.rpm")?;
    match found.as_slice() {
        [package] => Ok(package.clone()),
        found => Err(Failure::new(format!(
            "mock made {} source RPMs of the spec file, where one was expected",
            found.len()
        ))),
    }
}
