//! `build_on_commit`: what the regulator has to look at and has seen, and
//! announcements that there is something new.

use std::sync::Arc;

use axum::response::Response;
use mf_core::errand;
use mf_core::error::{Code, Error};
use mf_core::resource::common::SHORT;
use mf_core::wire::HeadSeen;
use serde_json::{Value, json};

use super::call::Call;
use super::{envelope, input};
use crate::hub::Hub;
use crate::store::Tx;
use crate::store::head::{self, Fixes};
use crate::store::roles::Caller;

/// Where webhooks say which repository they are of, beside `url` itself.
const IN_WEBHOOKS: [(&str, &[&str]); 2] = [
    (
        "repository",
        &["clone_url", "ssh_url", "git_url", "html_url", "git_http_url", "git_ssh_url", "url"],
    ),
    ("project", &["git_http_url", "git_ssh_url", "http_url", "ssh_url", "web_url"]),
];

/// `GET /util/heads`: what is to be looked at now.
///
/// # Errors
/// The database fails.
pub async fn heads(call: Call) -> Result<Response, Error> {
    let due = call.hub.readers.read(head::due)?;
    Ok(envelope::data(&json!({ "heads": due })))
}

/// `POST /util/report_head`: what was seen. A head that is new is built.
///
/// # Errors
/// The report makes no sense; the database fails.
pub async fn report(mut call: Call) -> Result<Response, Error> {
    let seen: HeadSeen = call.wire().await?;
    let plain = |c: char| !c.is_control() && !c.is_whitespace();
    if seen.revision.len() > SHORT || !seen.revision.chars().all(plain) {
        let told = "revision takes the full name of one, without blanks".to_owned();
        return Err(Error::new(Code::InvalidValue, told));
    }
    if seen.revision.is_empty() == seen.problem.is_empty() {
        let told = "a report has either a revision or a problem";
        return Err(Error::new(Code::InvalidValue, told));
    }
    let mut builds = Vec::new();
    // What no tracker would call a bug is none.
    let mut fixes = seen.fixes.clone();
    fixes.values_mut().for_each(|bugs| bugs.retain(|bug| errand::bugs(bug).is_ok()));
    let fixes = Arc::new(fixes);
    for branch in call.hub.readers.read(|db| head::watching(db, &seen.source))? {
        // Each for itself: what is refused to one is none of the others'.
        builds.extend(one(&call.hub, &call.caller, branch, &seen, &fixes).await?);
    }
    Ok(envelope::data(&json!({ "submitted": builds })))
}

/// Says of one package-branch what was seen; gives the label of its build.
async fn one(
    hub: &Hub,
    caller: &Caller,
    branch: i64,
    seen: &HeadSeen,
    fixes: &Arc<Fixes>,
) -> Result<Option<String>, Error> {
    let writer = &hub.writer;
    if !seen.problem.is_empty() {
        let why = seen.problem.clone();
        let work = move |tx: &Tx<'_>| head::in_vain(tx, branch, &why);
        writer.run(caller, work).await?;
        return Ok(None);
    }
    let (revision, fixes) = (seen.revision.clone(), Arc::clone(fixes));
    let work = move |tx: &Tx<'_>| head::seen(tx, branch, &revision, &fixes);
    match writer.run(caller, work).await {
        Ok(build) => Ok(build),
        Err(error) if error.code.retryable() || error.code == Code::Internal => Err(error),
        Err(refused) => {
            let (revision, why) = (seen.revision.clone(), refused.sentence);
            let work = move |tx: &Tx<'_>| head::not_built(tx, branch, &revision, &why);
            writer.run(caller, work).await?;
            Ok(None)
        }
    }
}

/// `POST /util/notify`: there is something new at a repository, whose URL is
/// given as `url` or as webhooks of git servers say it.
///
/// # Errors
/// No URL is given.
pub async fn notify(mut call: Call) -> Result<Response, Error> {
    let body = input::loose(&call.parts, std::mem::take(&mut call.body)).await?;
    let mut urls = urls(&body);
    urls.extend(Some(call.values.text("url").to_owned()).filter(|url| !url.is_empty()));
    if urls.is_empty() {
        let told = "notify needs the repository's url, or a webhook's body that has one";
        return Err(Error::new(Code::MissingField, told));
    }
    let sight = call.caller.sight();
    let found = call.hub.readers.read(|db| head::matching(db, &urls, sight))?;
    let (ids, labels): (Vec<i64>, Vec<String>) = found.into_iter().unzip();
    let work = move |tx: &Tx<'_>| ids.iter().try_for_each(|branch| head::notify(tx, *branch));
    call.hub.writer.run(&call.caller, work).await?;
    Ok(envelope::data(&json!({ "looked_at": labels })))
}

/// All URLs in a body that may be the repository's.
fn urls(body: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().filter(|url| url.len() <= SHORT).map(str::to_owned);
    let own = body.get("url").and_then(text);
    let in_webhooks = IN_WEBHOOKS.iter().flat_map(|(key, names)| {
        let object = body.get(key);
        names.iter().filter_map(move |name| object?.get(name).and_then(text))
    });
    own.into_iter().chain(in_webhooks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bodies_of_webhooks_are_understood() {
        let github = json!({ "ref": "refs/heads/main", "repository": {
            "id": 1, "clone_url": "https://h/a/b.git", "url": 7, "html_url": "x".repeat(9_999),
        }});
        assert_eq!(urls(&github), ["https://h/a/b.git"]);
        let gitlab = json!({ "project": { "git_ssh_url": "git@h:a/b.git" }, "repository": null });
        assert_eq!(urls(&gitlab), ["git@h:a/b.git"]);
        assert_eq!(urls(&json!({ "url": "git://h/a" })), ["git://h/a"]);
        for none in [json!(null), json!([]), json!("x"), json!({ "repository": [] })] {
            assert!(urls(&none).is_empty(), "{none}");
        }
    }
}
