//! Requests that are sent again, and changes of what has changed meanwhile.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::farm::Farm;

const KEY: &str = "idempotency-key";
const REPLAYED: &str = "idempotent-replayed";

fn keyed(farm: &Farm, path: &str, key: &str, fields: &Value) -> RequestBuilder {
    farm.request(Method::POST, path).header(KEY, key).bearer_auth(&farm.admin).json(fields)
}

async fn sent(request: RequestBuilder) -> (u16, bool, Value) {
    let response = request.send().await.unwrap();
    let (status, replayed) =
        (response.status().as_u16(), response.headers().get(REPLAYED).is_some());
    (status, replayed, response.json().await.unwrap())
}

/// The code of the one error.
fn code(reply: &Value) -> &str {
    reply["errors"].as_object().unwrap().keys().next().map_or("", String::as_str)
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_done_once() {
    let farm = Farm::start().await;
    let make = |label: &str| {
        keyed(&farm, "/arch/post.json", "one", &json!({ "label": label, "display_name": "a" }))
    };
    let (status, replayed, first) = sent(make("s390x")).await;
    assert_eq!((status, replayed), (200, false), "{first}");
    let (status, replayed, again) = sent(make("s390x")).await;
    assert_eq!((status, replayed, &again), (200, true, &first));
    // The same parameters in another way are the same request.
    let form = farm
        .request(Method::POST, "/arch/post.json?display_name=a")
        .header(KEY, "one")
        .bearer_auth(&farm.admin);
    assert_eq!(sent(form.form(&[("label", "s390x")])).await, (200, true, first));
    let (status, _, other) = sent(make("ppc64")).await;
    assert_eq!((status, code(&other)), (422, "KeyReused"), "{other}");
    let without = farm.post("arch", json!({ "label": "s390x" })).await;
    without.refused(409, "LabelTaken");
    // What was refused was not done: the key is still good for it.
    let taken = keyed(&farm, "/arch/post.json", "two", &json!({ "label": "s390x" }));
    assert_eq!(sent(taken.try_clone().unwrap()).await.0, 409);
    farm.delete("/arch/s390x/delete.json?confirm_delete=True").await.ok();
    let (status, replayed, made) = sent(taken).await;
    assert_eq!((status, replayed), (200, false), "{made}");
    // A key is its sender's own.
    let ann = farm.user("ann").await;
    let hers = farm.request(Method::POST, "/arch/post.json").header(KEY, "one").bearer_auth(ann);
    assert_eq!(sent(hers.json(&json!({ "label": "x" }))).await.0, 403);
    for wrong in ["", &"k".repeat(256)] {
        let request = keyed(&farm, "/arch/post.json", wrong, &json!({ "label": "y" }));
        assert_eq!(code(&sent(request).await.2), "InvalidValue");
    }
    farm.stop().await;
}

#[tokio::test]
async fn the_same_request_many_times_at_once_is_done_once() {
    let farm = Farm::start().await;
    farm.world().await;
    let fields = json!({ "project_label": "p", "package_branch_label": "b" });
    let requests = (0..20).map(|_| sent(keyed(&farm, "/build/post.json", "many", &fields)));
    let replies = futures_util::future::join_all(requests).await;
    let label = &replies[0].2["data"]["build"]["label"];
    assert!(label.is_string(), "{:?}", replies[0]);
    assert!(replies.iter().all(|reply| reply.0 == 200 && reply.2 == replies[0].2), "{replies:?}");
    assert_eq!(replies.iter().filter(|reply| !reply.1).count(), 1);
    let builds = farm.get("/build/get_all.json").await.ok();
    assert_eq!(builds["builds"].as_array().unwrap().len(), 1);
    farm.stop().await;
}

#[tokio::test]
async fn functions_are_done_once_and_a_key_is_shown_once() {
    let farm = Farm::start().await;
    farm.world().await;
    let build = json!({ "project_label": "p", "package_branch_label": "b", "label": "b1" });
    farm.post("build", build).await.ok();
    let comment = |key: &str| {
        let path = "/build/b1/comment.json?project_label=p";
        keyed(&farm, path, key, &json!({ "comment": "fine", "karma": 1 }))
    };
    let first = sent(comment("one")).await;
    assert_eq!((first.0, first.1), (200, false), "{first:?}");
    assert_eq!(sent(comment("one")).await, (200, true, first.2));
    let (_, _, second) = sent(comment("two")).await;
    let comments = second["data"]["build"]["comments"].as_array().unwrap();
    assert_eq!(comments.len(), 2, "{second}");
    farm.user("ann").await;
    let make = || keyed(&farm, "/user/ann/create_key.json", "k", &json!({}));
    let (status, _, shown) = sent(make()).await;
    assert_eq!(status, 200, "{shown}");
    let (status, _, again) = sent(make()).await;
    assert_eq!((status, code(&again)), (409, "AlreadyDone"), "{again}");
    farm.stop().await;
}

fn tag(response: &Response) -> String {
    response.headers()["etag"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_known_is_not_sent_and_what_has_changed_is_not_overwritten() {
    let farm = Farm::start().await;
    farm.world().await;
    let path = "/package/k/get_one.json?project_label=p";
    let get = |known: &str| {
        let request = farm.request(Method::GET, path).header("if-none-match", known);
        async { request.send().await.unwrap() }
    };
    let first = get("\"0\"").await;
    let (status, known) = (first.status().as_u16(), tag(&first));
    assert!(status == 200 && known.starts_with('"'), "{known}");
    let same = get(&known).await;
    assert_eq!((same.status().as_u16(), tag(&same)), (304, known.clone()));
    assert!(same.bytes().await.unwrap().is_empty());
    let put = |known: &str, summary: &str| {
        farm.request(Method::PUT, "/package/k/put.json?project_label=p")
            .header("if-match", known)
            .json(&json!({ "summary": summary }))
    };
    let send = |request| farm.send(Some(&farm.admin), request);
    send(put("\"1\"", "lost")).await.refused(412, "Changed");
    send(put(&known, "first")).await.ok();
    send(put(&known, "second")).await.refused(412, "Changed");
    let changed = get(&known).await;
    let newer = tag(&changed);
    let body: Value = changed.json().await.unwrap();
    assert_eq!(body["data"]["package"]["summary"], json!("first"));
    send(put("*", "third")).await.ok();
    assert_eq!(get(&newer).await.status().as_u16(), 200);
    // What stands elsewhere is part of the version too.
    let newest = tag(&get("x").await);
    farm.put("/project/p/put.json", json!({ "label": "q" })).await.ok();
    let renamed = "/package/k/get_one.json?project_label=q";
    let request = farm.request(Method::GET, renamed).header("if-none-match", &newest);
    assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
    let delete = |known: &str| {
        farm.request(Method::DELETE, "/tag/testing/delete.json?project_label=q&confirm_delete=1")
            .header("if-match", known)
    };
    send(delete("\"1\"")).await.refused(412, "Changed");
    send(delete("*")).await.ok();
    send(delete("*")).await.refused(404, "NotFound");
    farm.stop().await;
}

#[tokio::test]
async fn a_function_heeds_the_version_that_was_read() {
    let farm = Farm::start().await;
    farm.world().await;
    let lock = |known: &str| {
        let request = farm.request(Method::POST, "/tag/testing/lock.json?project_label=p");
        farm.send(Some(&farm.admin), request.header("if-match", known))
    };
    lock("\"1\"").await.refused(412, "Changed");
    let shown = farm.request(Method::GET, "/tag/testing/get_one.json?project_label=p");
    let known = tag(&shown.bearer_auth(&farm.admin).send().await.unwrap());
    let locked = lock(&known).await.ok();
    assert_eq!(locked["tag"]["locked"], json!(true));
    lock(&known).await.refused(412, "Changed");
    farm.stop().await;
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let farm = Farm::start().await;
    for path in ["/arch/get_all.json", "/nowhere", "/arch/post.json", "/"] {
        let request = farm.request(Method::GET, path);
        let named = request.try_clone().unwrap().header("x-request-id", "mine-1");
        assert_eq!(named.send().await.unwrap().headers()["x-request-id"], "mine-1");
        let dirty = request.header("x-request-id", "a b").send().await.unwrap();
        let id = dirty.headers()["x-request-id"].to_str().unwrap();
        assert!(id.contains('-') && id != "a b", "{id}");
    }
    farm.stop().await;
}

#[tokio::test]
async fn a_dry_run_is_answered_and_leaves_nothing() {
    let farm = Farm::start().await;
    farm.world().await;
    let dry = |method: Method, path: &str, fields: Value| {
        let request = farm.request(method, path).bearer_auth(&farm.admin).json(&fields);
        async move {
            let response = request.send().await.unwrap();
            let marked = response.headers().get("dry-run").is_some();
            (response.status().as_u16(), marked, response.json::<Value>().await.unwrap())
        }
    };
    let newest = |reply: Value| reply["builds"].as_array().map_or(0, Vec::len);
    let before = farm.get("/util/search.json?mf_search_query=e").await.ok();
    let fields = json!({ "project_label": "p", "package_branch_label": "b", "dry_run": true });
    let (status, marked, made) = dry(Method::POST, "/build/post.json", fields.clone()).await;
    assert_eq!((status, marked), (200, true), "{made}");
    assert!(!made["data"]["build"]["tasks"].as_array().unwrap().is_empty(), "{made}");
    // The same again: the label it would have had is still free.
    assert_eq!(dry(Method::POST, "/build/post.json", fields).await.2, made);
    assert_eq!(newest(farm.get("/build/get_all.json").await.ok()), 0);

    let changed = json!({ "display_name": "other" });
    let (status, marked, put) = dry(Method::PUT, "/arch/x86_64/put.json?dry_run=1", changed).await;
    assert_eq!((status, marked), (200, true), "{put}");
    assert_eq!(put["data"]["arch"]["display_name"], "other");
    let gone = "/build_type/security/delete.json?confirm_delete=True&dry_run=True";
    let (status, marked, gone) = dry(Method::DELETE, gone, json!({})).await;
    assert!(status == 404 || (status, marked) == (200, true), "{gone}");
    let (status, marked, key) =
        dry(Method::POST, "/user/admin/create_key.json", json!({ "dry_run": "True" })).await;
    assert_eq!((status, marked), (200, true), "{key}");
    let key = key["data"]["key"].as_str().unwrap().to_owned();
    let mine = farm.request(Method::GET, "/util/whoami.json").bearer_auth(key);
    assert_eq!(mine.send().await.unwrap().status(), 401, "no such key was made");

    // What would be refused is refused, and what is no truth value is none.
    let taken = json!({ "label": "x86_64", "dry_run": true });
    assert_eq!(code(&dry(Method::POST, "/arch/post.json", taken).await.2), "LabelTaken");
    let unsure = json!({ "label": "z", "dry_run": "perhaps" });
    assert_eq!(code(&dry(Method::POST, "/arch/post.json", unsure).await.2), "InvalidValue");
    // It takes no key away from the request that is meant.
    let once = |more: &str| {
        keyed(&farm, &format!("/arch/post.json{more}"), "dry", &json!({ "label": "s390x" }))
    };
    assert_eq!(sent(once("?dry_run=true")).await.0, 200);
    let (status, replayed, _) = sent(once("")).await;
    assert_eq!((status, replayed), (200, false));
    farm.delete("/arch/s390x/delete.json?confirm_delete=True").await.ok();
    assert_eq!(farm.get("/util/search.json?mf_search_query=e").await.ok(), before);
    // No reading is a change.
    let (status, ..) = dry(Method::GET, "/util/version.json?dry_run=true", json!({})).await;
    assert_eq!(status, 400);
    farm.stop().await;
}
