//! `/sign-in` and `/sign-out`.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, header};
use axum::response::Response;
use mf_core::error::{Code, Error};

use super::frame::Frame;
use super::visit::Visit;
use super::{act, answer};
use crate::http::error::status;
use crate::http::{session, sign_in};
use crate::hub::Hub;
use crate::store::Tx;
use crate::store::session as sessions;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    frame: Frame,
    back: String,
    label: String,
    told: String,
}

/// `GET /sign-in`.
pub fn page(visit: &Visit) -> Result<String, Error> {
    let back = act::local(&visit.text("back")?);
    let frame = Frame::new(visit, "Sign in");
    answer::text(&SignIn { frame, back, label: String::new(), told: String::new() })
}

/// `POST /sign-in`.
pub async fn sent(State(hub): State<Arc<Hub>>, request: Request<Body>) -> Response {
    let (mut parts, body) = request.into_parts();
    // Whoever is signed in already begins anew.
    parts.headers.remove(header::COOKIE);
    let visit = match Visit::new(Arc::clone(&hub), parts.clone()) {
        Ok(visit) => visit,
        Err((visit, error)) => return answer::refusal(&visit, &error),
    };
    let mut sent = match act::read(&visit, &parts, body, false).await {
        Ok(sent) => sent,
        Err(error) => return answer::refusal(&visit, &error),
    };
    let mut take = |name| sent.params.take_text(name).ok().flatten().unwrap_or_default();
    let (label, secret) = (take("label").trim().to_owned(), take("secret"));
    match begin(&hub, &visit, &label, &secret).await {
        Ok(token) => {
            let mut response = answer::see(if sent.back.is_empty() { "/" } else { &sent.back });
            response.headers_mut().insert(header::SET_COOKIE, session::cookie(&hub, &token));
            response
        }
        Err(error) => {
            let (told, frame) = (super::sentence(&error.sentence), Frame::new(&visit, "Sign in"));
            let page = SignIn { frame, back: sent.back, label, told };
            match answer::text(&page) {
                Ok(page) => answer::html(status(error.code), page),
                Err(error) => answer::refusal(&visit, &error),
            }
        }
    }
}

async fn begin(hub: &Hub, visit: &Visit, label: &str, secret: &str) -> Result<String, Error> {
    let caller = sign_in::by_form(hub, &visit.parts, label, secret).await?;
    let Some(user) = caller.user() else {
        let told = "this key is a machine's; only users sign in here";
        return Err(Error::new(Code::Forbidden, told));
    };
    let (token, key) = (session::new(), caller.key.clone());
    let begun = token.clone();
    let work = move |tx: &Tx<'_>| sessions::begin(tx, &begun, user, &key);
    hub.writer.run(&caller, work).await?;
    Ok(token)
}

/// `POST /sign-out`.
pub async fn out(State(hub): State<Arc<Hub>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let visit = match Visit::new(Arc::clone(&hub), parts.clone()) {
        Ok(visit) => visit,
        Err((visit, error)) => return answer::refusal(&visit, &error),
    };
    let ended = async {
        act::read(&visit, &parts, body, true).await?;
        let token = session::of(&parts).unwrap_or_default().to_owned();
        hub.writer.run(&visit.caller, move |tx: &Tx<'_>| sessions::end(tx, &token)).await
    };
    match ended.await {
        Ok(()) => {
            let mut response = answer::see("/");
            response.headers_mut().insert(header::SET_COOKIE, session::no_cookie(&hub));
            response
        }
        Err(error) => answer::refusal(&visit, &error),
    }
}
