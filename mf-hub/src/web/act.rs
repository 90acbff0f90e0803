//! Forms that were sent: checked to be ours, then given to the very code that
//! answers the API.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request, StatusCode, Uri, header};
use axum::response::Response;
use mf_core::error::{Code, Error};
use mf_core::resource::{self, On, Resource, UTIL};
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::answer;
use super::cell::{path, text};
use super::frame::Frame;
use super::visit::{Visit, parsed};
use crate::http::{Known, function, input, session, verb};
use crate::hub::Hub;
use crate::params::{Given, Params};

/// A form that was sent.
pub struct Sent {
    /// What was filled in.
    pub params: Params,
    /// Which page follows; a path of ours, or empty.
    pub back: String,
}

/// `POST /act/RESOURCE`: makes an object.
pub async fn create(
    State(hub): State<Arc<Hub>>,
    Known(name): Known<String>,
    request: Request<Body>,
) -> Response {
    act(hub, request, move |hub, request| async move {
        let resource = known(&name)?;
        let response = verb::post(hub, resource, request).await?;
        Ok(object_page(resource, &reply(response).await?))
    })
    .await
}

/// `POST /act/RESOURCE/LABEL/FUNCTION`: calls a function on an object.
pub async fn call(
    State(hub): State<Arc<Hub>>,
    Known((name, label, function)): Known<(String, String, String)>,
    request: Request<Body>,
) -> Response {
    act(hub, request, move |hub, request| async move {
        let resource = known(&name)?;
        let found = resource.function(&function).filter(|it| it.writes && it.on == On::One);
        let bound = found.and_then(|found| Some((found, function::bound(resource, found)?)));
        let (found, bound) = bound.ok_or_else(|| nothing(&function))?;
        let path = function::Path { label: Some(label), part: None };
        let response = function::call(hub, resource, found, bound, path, request).await?;
        let data = reply(response).await?;
        Ok(match made(&data) {
            Some(secret) => Next::Told(secret),
            None => object_page(resource, &data),
        })
    })
    .await
}

/// `POST /act/util/FUNCTION`: calls a function of the whole farm.
pub async fn of_farm(
    State(hub): State<Arc<Hub>>,
    Known(function): Known<String>,
    request: Request<Body>,
) -> Response {
    act(hub, request, move |hub, request| async move {
        let found = UTIL.function(&function).filter(|it| it.writes && it.on == On::All);
        let bound = found.and_then(|found| Some((found, function::bound(&UTIL, found)?)));
        let bound = bound.filter(|(_, bound)| bound.takes() == function::Takes::Anywhere);
        let (found, bound) = bound.ok_or_else(|| nothing(&function))?;
        function::call(hub, &UTIL, found, bound, function::Path::default(), request).await?;
        Ok(Next::See("/".into()))
    })
    .await
}

/// What follows what was done.
enum Next {
    /// A page, by its path.
    See(String),
    /// A secret, which is shown this once.
    Told(String),
}

/// Does what a form says, and goes on to the page that follows.
async fn act<F, D>(hub: Arc<Hub>, request: Request<Body>, work: F) -> Response
where
    F: FnOnce(Arc<Hub>, (Parts, Body)) -> D,
    D: Future<Output = Result<Next, Error>>,
{
    let (mut parts, body) = request.into_parts();
    let nobody = match Visit::new(Arc::clone(&hub), parts.clone()) {
        Ok(visit) => visit,
        Err((visit, error)) => return answer::refusal(&visit, &error),
    };
    let sent = match read(&nobody, &parts, body, true).await {
        Ok(sent) => sent,
        Err(error) => return answer::refusal(&nobody, &error),
    };
    parts.extensions.insert(session::Checked);
    // Who sends a form is who has the session, and nobody else.
    parts.headers.remove(header::AUTHORIZATION);
    // From here on it is known who that is.
    let visit = match Visit::new(Arc::clone(&hub), parts.clone()) {
        Ok(visit) => visit,
        Err((visit, error)) => return answer::refusal(&visit, &error),
    };
    let done = async {
        let body = form(&sent.params);
        let media = HeaderValue::from_static("application/x-www-form-urlencoded");
        parts.headers.insert(header::CONTENT_TYPE, media);
        parts.headers.remove(header::CONTENT_LENGTH);
        Ok(match work(hub, (parts, Body::from(body))).await? {
            Next::Told(secret) => answer::html(StatusCode::OK, told(&visit, secret, sent.back)?),
            Next::See(_) if !sent.back.is_empty() => answer::see(&sent.back),
            Next::See(path) => answer::see(&path),
        })
    };
    done.await.unwrap_or_else(|error| answer::refusal(&visit, &error))
}

/// Reads a form, which must have been sent by a page of ours; one of who is
/// signed in must carry the session's word too.
///
/// # Errors
/// [`Code::Forbidden`] when it was not; it cannot be read.
pub async fn read(
    visit: &Visit,
    parts: &Parts,
    body: Body,
    signed_in: bool,
) -> Result<Sent, Error> {
    from_here(parts)?;
    let known = visit.caller.holder.is_some();
    let most = if known { input::BODY_LIMIT } else { input::STRANGERS_LIMIT };
    let mut params = input::params_within(parts, body, &[], most).await?;
    // What the address says stays there.
    for name in input::query(parts)?.0.keys() {
        params.0.remove(name);
    }
    let csrf = params.take_text("csrf")?.unwrap_or_default();
    if signed_in {
        let Some(secret) = session::of(parts) else {
            return Err(Error::new(Code::Unauthorized, "your session is over: sign in again"));
        };
        let right = session::csrf(&visit.hub, secret);
        if !bool::from(right.as_bytes().ct_eq(csrf.as_bytes())) {
            let told =
                "this form is not one of your session: open the page again and send it from there";
            return Err(Error::new(Code::Forbidden, told));
        }
    }
    let back = params.take_text("back")?.unwrap_or_default();
    // What was left empty was not filled in.
    params
        .0
        .retain(|_, given| !matches!(given, Given::Texts(all) if all.iter().all(String::is_empty)));
    Ok(Sent { params, back: local(&back) })
}

/// Refuses what the browser says another site sent. One that says nothing of
/// it is asked for the word of the session alone.
fn from_here(parts: &Parts) -> Result<(), Error> {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("host").unwrap_or_default();
    let here = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
        }
        (None, None) => true,
    };
    if here {
        return Ok(());
    }
    Err(Error::new(Code::Forbidden, "this form was sent by another site; nothing was done"))
}

/// A path of this site, or nothing.
pub fn local(back: &str) -> String {
    let uri: Option<Uri> = back.parse().ok();
    let ours = uri.is_some_and(|uri| uri.authority().is_none() && uri.scheme().is_none());
    let plain = back.starts_with('/') && !back.starts_with("//") && !back.contains('\\');
    if ours && plain { back.to_owned() } else { String::new() }
}

fn form(params: &Params) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, given) in &params.0 {
        if let Given::Texts(texts) = given {
            texts.iter().for_each(|text| {
                form.append_pair(name, text);
            });
        }
    }
    form.finish()
}

fn known(name: &str) -> Result<&'static Resource, Error> {
    resource::find(name).filter(|found| verb::has_rows(found)).ok_or_else(|| nothing(name))
}

fn nothing(name: &str) -> Error {
    let name: String = name.chars().take(80).collect();
    Error::new(Code::NotFound, format!("there is nothing called {name:?} that could be done"))
}

/// What the API answered.
async fn reply(response: Response) -> Result<Value, Error> {
    let body = axum::body::to_bytes(response.into_body(), 16 << 20).await;
    let body = body.map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    let mut reply: Value = parsed(&body)?;
    Ok(reply["data"].take())
}

/// The secret that was made, where one was.
fn made(data: &Value) -> Option<String> {
    ["key", "token"].iter().find_map(|name| data[*name].as_str()).map(str::to_owned)
}

/// The page of the object that the API answered with.
fn object_page(resource: &'static Resource, data: &Value) -> Next {
    let object = &data[resource.key()];
    Next::See(match text(object, "label") {
        "" => "/".into(),
        label => path(resource, label, text(object, "project_label")),
    })
}

#[derive(Template)]
#[template(path = "secret.html")]
struct Told {
    frame: Frame,
    secret: String,
    back: String,
}

/// The only page that ever has this secret.
fn told(visit: &Visit, secret: String, back: String) -> Result<String, Error> {
    answer::text(&Told { frame: Frame::new(visit, "Made"), secret, back })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_follow() {
        for bad in
            ["//evil.org", "https://evil.org/", "/\\evil.org", "evil", "javascript:x", "", "/a\nb"]
        {
            assert_eq!(local(bad), "", "{bad:?}");
        }
        assert_eq!(local("/build/x?project_label=p"), "/build/x?project_label=p");
    }

    #[test]
    fn a_form_of_another_site_is_refused() {
        let parts = |name: &str, value: &str| {
            let request = Request::builder().header("host", "farm:1").header(name, value);
            request.body(()).unwrap().into_parts().0
        };
        for (name, value) in [
            ("origin", "https://evil.org"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let error = from_here(&parts(name, value)).unwrap_err();
            assert_eq!(error.code, Code::Forbidden, "{name}: {value}");
        }
        from_here(&parts("origin", "http://farm:1")).unwrap();
        from_here(&parts("sec-fetch-site", "same-origin")).unwrap();
    }
}
