//! Keys by the pages: shown once; and what hangs on a key ends with it.

use mf_core::wire::Crash;
use mf_hub::store::quarantine;
use reqwest::redirect::Policy;
use reqwest::{Method, Response, header};
use serde_json::json;

use super::{csrf, page, sign_in};
use crate::farm::Farm;

/// Sends a form as a browser does that is signed in.
async fn send(farm: &Farm, path: &str, cookie: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let word = csrf(farm, cookie).await;
    let form: Vec<(&str, &str)> =
        [("csrf", word.as_str())].into_iter().chain(fields.iter().copied()).collect();
    let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let sent = client.post(format!("{}{path}", farm.url)).header(header::COOKIE, cookie);
    let response = sent.form(&form).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn revoke(farm: &Farm, user: &str, key: &str) {
    let request = farm.request(Method::POST, &format!("/user/{user}/revoke_key.json"));
    let named = json!({ "key": key.split('_').nth(1).unwrap() });
    farm.send(Some(&farm.admin), request.json(&named)).await.ok();
}

#[tokio::test]
async fn keys_are_made_and_ended_by_forms_and_shown_once() {
    let farm = Farm::start().await;
    let key = farm.user("ann").await;
    farm.user("bob").await;
    let cookie = sign_in(&farm, "ann", &key).await.unwrap();
    let (status, text) = send(
        &farm,
        "/act/user/ann/create_key",
        &cookie,
        &[("name", "laptop"), ("back", "/user/ann")],
    )
    .await;
    assert_eq!(status, 200, "{text}");
    assert!(text.contains("Sign out"), "it is hers: {text}");
    let made = text.split("value=\"mf_").nth(1).unwrap().split('"').next().unwrap();
    let made = format!("mf_{made}");
    assert_eq!(farm.get_as(&made, "/util/whoami.json").await.ok()["whoami"]["label"], "ann");
    let (_, text) = page(&farm, "/user/ann", &cookie).await;
    assert!(text.contains("laptop") && text.contains("you are signed in with it"), "{text}");
    let secret = made.rsplit('_').next().unwrap();
    assert!(!text.contains(secret), "a key is shown once");
    // Neither another's nor nobody's page has keys, or ways to make any.
    for (path, cookie) in [("/user/bob", cookie.as_str()), ("/user/ann", "")] {
        let (_, text) = page(&farm, path, cookie).await;
        assert!(!text.contains("API keys") && !text.contains("create_key"), "{path}: {text}");
    }
    assert_eq!(send(&farm, "/act/user/bob/create_key", &cookie, &[]).await.0, 403);
    let ends = "/act/user/ann/revoke_key?key=laptop";
    assert_eq!(send(&farm, ends, &cookie, &[]).await.0, 303);
    farm.get_as(&made, "/util/whoami.json").await.refused(401, "Unauthorized");
    farm.stop().await;
}

#[tokio::test]
async fn what_follows_events_ends_with_the_session() {
    let farm = Farm::start().await;
    let key = farm.user("ann").await;
    let cookie = sign_in(&farm, "ann", &key).await.unwrap();
    let watch = async |cookie: &str| {
        let watch = farm.client.get(format!("{}/util/events?resource=arch", farm.url));
        let mut response = watch.header(header::COOKIE, cookie).send().await.unwrap();
        assert!(response.chunk().await.unwrap().is_some(), "it is watching");
        response
    };
    let (mut hers, mut nobodys) = (watch(&cookie).await, watch("").await);
    revoke(&farm, "ann", &key).await;
    assert_eq!(rest(&mut hers).await, "event: signed-out\ndata: {}\n\n");
    // Whoever was nobody all along goes on, with a cookie that is over as well.
    let mut late = watch(&cookie).await;
    farm.post("arch", json!({ "label": "s390x" })).await.ok();
    for stream in [&mut nobodys, &mut late] {
        let told = stream.chunk().await.unwrap().unwrap();
        assert!(std::str::from_utf8(&told).unwrap().contains("s390x"));
    }
    drop((nobodys, late));
    farm.stop().await;
}

/// All that still comes.
async fn rest(response: &mut Response) -> String {
    let mut text = String::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        text += std::str::from_utf8(&chunk).unwrap();
    }
    text
}

#[tokio::test]
async fn plugins_are_shown_to_those_who_are_signed_in() {
    let farm = Farm::start().await;
    farm.world().await;
    let (status, text) = page(&farm, "/plugin", "").await;
    assert_eq!(status, 401, "{text}");
    assert!(text.contains("Sign in"), "{text}");
    let key = farm.user("ann").await;
    let cookie = sign_in(&farm, "ann", &key).await.unwrap();
    let (status, text) = page(&farm, "/plugin", &cookie).await;
    assert_eq!(status, 200, "{text}");
    assert!(text.contains("build handler generic"), "{text}");
    let (status, text) = page(&farm, "/plugin/none", &cookie).await;
    assert_eq!(status, 404, "{text}");

    // One that crashes: everybody sees that its handlers cannot be used, who
    // is signed in why, and admins the evidence, which is nobody's markup.
    let crash = Crash {
        plugin: "generic".into(),
        version: "1".into(),
        digest: "d".into(),
        how: "it was ended by signal 11".into(),
        log: "<b>boom</b>".into(),
        ..Crash::default()
    };
    let work = move |tx: &mf_hub::store::Tx<'_>| quarantine::crashed_at_load(tx, &crash);
    farm.hub.writer.run("regulator", work).await.unwrap();
    let admin = sign_in(&farm, "", &farm.admin).await.unwrap();
    for (path, cookie, says) in [
        ("/plugin", &cookie, "quarantined"),
        ("/plugin/generic", &cookie, "ended by signal 11"),
        ("/build_handler/generic", &cookie, "Its plugin was put out of use"),
        ("/", &cookie, "generic 1 is quarantined"),
        ("/plugin/generic", &admin, "&lt;b&gt;boom"),
    ] {
        let (_, text) = page(&farm, path, cookie).await;
        assert!(text.contains(says), "{path} does not say {says}: {text}");
        assert!(!text.contains("<b>boom"), "{path}: {text}");
    }
    let (_, text) = page(&farm, "/plugin/generic", &cookie).await;
    assert!(!text.contains("boom") && !text.contains("clear_plugin"), "{text}");
    let clear = "/act/util/clear_plugin?plugin=generic";
    assert_eq!(send(&farm, clear, &cookie, &[]).await.0, 403);
    assert_eq!(send(&farm, clear, &admin, &[]).await.0, 303);
    assert!(!page(&farm, "/plugin", &cookie).await.1.contains("quarantined"));
    farm.stop().await;
}
