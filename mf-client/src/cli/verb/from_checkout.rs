//! `mf submit`: builds the checkout of the current directory. The
//! package-branch is found by where the checkout came from, and the plan is
//! shown before it is sent.

mod checkout;
mod version;

use clap::{Arg, ArgAction, ArgMatches, Command};
use mf_core::error::Code;
use mf_core::resource::{BUILD, PackageBranch};
use serde_json::{Map, Value};

use self::checkout::Checkout;
use super::{plan, watch};
use crate::Hub;
use crate::cli::cx::{Cx, run};
use crate::cli::exit::{Exit, Failure, Outcome};
use crate::cli::print::{clean, json, line, say};
use crate::cli::{ask, crud, example, flags};

/// Fields of a build that `mf submit` finds out by itself.
const FOUND: [&str; 3] = ["label", "package_branch_label", "project_label"];

/// The command.
pub fn command() -> Command {
    let fields = flags::settable(&BUILD).filter(|field| !FOUND.contains(&field.name));
    Command::new("submit")
        .about("Build the checkout you are in: show the plan, submit the build, and watch it")
        .long_about(
            "Build the checkout you are in: show the plan, submit the build, and watch it.\n\nThe \
             package-branch is the one whose url is where the checkout came from (git or bzr); \
             the build is named after the version in its spec file, its debian/changelog or the \
             tag that is checked out. The farm builds what it finds at that url, not the files \
             here.",
        )
        .arg(
            Arg::new("BRANCH")
                .value_name("PACKAGE-BRANCH")
                .help("The package-branch to build, instead of the one found"),
        )
        .arg(flags::project())
        .arg(
            Arg::new("label")
                .long("label")
                .short('l')
                .value_name("LABEL")
                .help("The build's label; default: its version, else <package>-buildN"),
        )
        .args(fields.map(flags::setting))
        .args([flags::dry_run(), flags::yes(), watch::timeout(), watch::logs()])
        .arg(
            Arg::new("no-watch")
                .long("no-watch")
                .action(ArgAction::SetTrue)
                .help("Submit it, and do not watch"),
        )
        .after_help(example::text(
            "cd php && mf submit\nmf submit --type security --yes\nmf submit --dry-run",
        ))
}

/// Submits it.
///
/// # Errors
/// No package-branch is built from there, the hub refuses, or the build fails.
pub fn call(cx: &Cx, matches: &ArgMatches) -> Outcome {
    let here = std::env::current_dir().ok();
    let checkout = here.as_deref().and_then(Checkout::around);
    let given = matches.get_one::<String>("BRANCH").map(String::as_str);
    let project = cx.project_if_any(matches)?;
    let hub = cx.hub()?;
    let branch = run(branch(cx, &hub, checkout.as_ref(), given, project.as_deref()))?;
    let fields = fields(cx, matches, checkout.as_ref(), &branch)?;
    let (fields, plan) = run(planned(&hub, fields))?;
    let (shown, dry) = (!cx.json && !cx.quiet, flags::is_dry(matches));
    if shown {
        show(checkout.as_ref(), &branch)?;
        plan::print(&plan, if dry { "; nothing is submitted" } else { "" })?;
    }
    if dry {
        if cx.json {
            json::data("plan", &plan)?;
        }
        return Ok(Exit::Success);
    }
    if shown && !flags::is_sure(matches) && ask::possible(cx) {
        ask::go_on("submit it?")?;
    }
    run(async {
        let made: Value = hub.create(BUILD.name, &fields).await?;
        let stays = !matches.get_flag("no-watch");
        if !stays || !cx.json {
            crud::done(cx, &BUILD, &made, "submitted")?;
        }
        let label = made.get("label").and_then(Value::as_str).unwrap_or_default();
        match stays {
            true => {
                watch::watch(cx, &hub, label, &branch.project_label, watch::How::of(matches)).await
            }
            false => Ok(Exit::Success),
        }
    })
}

/// The package-branch that is meant.
async fn branch(
    cx: &Cx,
    hub: &Hub,
    checkout: Option<&Checkout>,
    given: Option<&str>,
    project: Option<&str>,
) -> Result<PackageBranch, Failure> {
    if let Some(label) = given {
        let project = project.ok_or_else(|| {
            Failure::usage(format!("which project is {label} in?")).hint("give --project PROJECT")
        })?;
        return Ok(hub.rows_in::<PackageBranch>(project).get_one(label).await?);
    }
    let checkout = checkout.ok_or_else(|| {
        Failure::usage("this directory is no checkout of git or bzr")
            .hint("go into one, or name what to build: mf submit PACKAGE-BRANCH")
    })?;
    let all = match project {
        Some(project) => hub.rows_in::<PackageBranch>(project).get_all(&[]).await?,
        None => hub.rows::<PackageBranch>().get_all(&[]).await?,
    };
    let mut found: Vec<PackageBranch> = Vec::new();
    for url in &checkout.urls {
        let of_url = |branch: &&PackageBranch| checkout::same(&branch.url, url);
        found.extend(all.iter().filter(of_url).cloned());
        if !found.is_empty() {
            break;
        }
    }
    // Several are built from there: those of the branch that is checked out.
    if found.len() > 1 && found.iter().any(|branch| branch.vcs_branch == checkout.branch) {
        found.retain(|branch| branch.vcs_branch == checkout.branch);
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(none(checkout, project)),
        _ => one_of(cx, found),
    }
}

fn none(checkout: &Checkout, project: Option<&str>) -> Failure {
    let place = project.map(|label| format!(" in project {label}")).unwrap_or_default();
    let urls = checkout.urls.join(" or ");
    Failure::new(Exit::NotFound, format!("no package-branch{place} is built from {urls}")).hint(
        "mf package-branch list -c label,url shows what they are built from; mf submit \
         PACKAGE-BRANCH names one",
    )
}

fn one_of(cx: &Cx, found: Vec<PackageBranch>) -> Result<PackageBranch, Failure> {
    let labels: Vec<&str> = found.iter().map(|branch| branch.label.as_str()).collect();
    let told = format!("{} are built from here", labels.join(", "));
    if !ask::possible(cx) {
        return Err(Failure::usage(told).hint("name one: mf submit PACKAGE-BRANCH"));
    }
    say(&clean(&told));
    let answer = ask::text("which one?", labels[0])?;
    let unknown = || Failure::usage(format!("{answer} is none of them"));
    found.iter().find(|branch| branch.label == answer).cloned().ok_or_else(unknown)
}

/// What is sent.
fn fields(
    cx: &Cx,
    matches: &ArgMatches,
    checkout: Option<&Checkout>,
    branch: &PackageBranch,
) -> Result<Map<String, Value>, Failure> {
    let own = flags::settable(&BUILD).filter(|field| !FOUND.contains(&field.name));
    let mut fields = flags::values(own, matches)?;
    fields.insert("project_label".into(), branch.project_label.clone().into());
    fields.insert("package_branch_label".into(), branch.label.clone().into());
    let offered = checkout.and_then(|found| version::offered(found, &branch.package_label));
    let label = match (matches.get_one::<String>("label"), offered) {
        (Some(label), _) => label.clone(),
        (None, Some((label, origin))) if ask::possible(cx) && !flags::is_sure(matches) => {
            ask::text(&format!("label of the build, by {origin}"), &label)?
        }
        (None, offered) => offered.map(|(label, _)| label).unwrap_or_default(),
    };
    if !label.is_empty() {
        mf_core::label::check(&label)?;
        fields.insert("label".into(), label.into());
    }
    Ok(fields)
}

/// What would come of it, by the hub. A version that was built before is
/// built again under the name that the hub makes up.
async fn planned(
    hub: &Hub,
    mut fields: Map<String, Value>,
) -> Result<(Map<String, Value>, Value), Failure> {
    match plan::ask(hub, &fields).await {
        Err(error) if error.is(Code::LabelTaken) => {}
        answer => return Ok((fields, answer?)),
    }
    if let Some(label) = fields.remove("label") {
        let label = label.as_str().unwrap_or_default();
        say(&clean(&format!("{label} was built before; this build gets a name of its own")));
    }
    let plan = plan::ask(hub, &fields).await?;
    Ok((fields, plan))
}

/// What is built, and what of it the farm does not see.
fn show(checkout: Option<&Checkout>, branch: &PackageBranch) -> Result<(), Failure> {
    let from = match branch.url.as_str() {
        "" => String::new(),
        url => format!(" from {url}"),
    };
    let of = match branch.vcs_branch.as_str() {
        "" => String::new(),
        name => format!(" ({name})"),
    };
    let (label, project) = (&branch.label, &branch.project_label);
    line(&clean(&format!("{label} in project {project}{from}{of}")))?;
    for unseen in checkout.map(|found| found.unseen.as_slice()).unwrap_or_default() {
        say(&format!("\x1b[33mwarning:\x1b[0m there are {unseen}: the farm does not see them"));
    }
    Ok(())
}
